/** Made by zstd 1.5.4: what the code of our own must read without asking Node. */
export interface ZstdFixture {
  readonly what: string;
  readonly plain: Buffer;
  readonly compressed: Buffer;
}

/** Words that are alike and the same every time. */
export function wordsOf(size: number, seed: number): Buffer {
  const parts: string[] = [];
  let state = seed;
  for (let length = 0; length < size; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const word = (state >>> 20).toString(state % 3 === 0 ? 16 : 36) + ' \n,'.charAt(state % 3);
    const part = word.repeat(state % 97 === 0 ? 40 : 1);
    parts.push(part);
    length += part.length;
  }
  return Buffer.from(parts.join('').slice(0, size));
}

const base64 = (text: string): Buffer => Buffer.from(text, 'base64');

export const ZSTD_FIXTURES: readonly ZstdFixture[] = [
  {
    what: 'one block with a checksum',
    plain: wordsOf(3000, 1),
    compressed: base64(
      'KLUv/QRYzSsACoo8FRxgVaoDRtrx+B3P9X+ynR+GKZZbsqW4LZgEDw1gRgFNAU0BnJHG6sCxygiwBkA0sn1uloveQ+jSYFhlNH7s' +
        'mPBwJk4HVxFxlQd7GJUW1shiv7az96XfU4k3cDU+Nlfcs8LOqiUz/XYmB4NVR3cuGpslWWXD/h2njsVL6iRAMq33YofrHKV5vNNT' +
        'R2HPmzI9ztf8c57YuYLoCyLtCL8XfCOTMcBfdG44vsvKpK0mJxvAvph1yEwjjg8R1EMgWdssEFYDjb8pZjScBLVfJmWAwD8xpqB1' +
        '7SGEP80duaWLgEK2agr8tZyt97HdMNKE03BgXQpNpQ/NmTnv+PQF7JXjF5j+FisjvoknDwKFcGdSOiGKtbDgKxh/UrpxKpNaDei+' +
        'OidRIR8Qfhf30+a7KJtjM6A4F1BZ2Szqjq0WEi9KvUGWaPfIvTR0p0KRCsGaAvbskAoYqSj8NsoW+4NcLtpcnEyK9Rn2Cp4r1wED' +
        'fRhWCW8Pzct32J/zFDVfsZgt8cs5CSlkBIB1vdVGnI7zF91XgmrSZiLt3WM37NT1JoN8NvxWKB8IvnKbgwF/vVUurcWhg8UmIllt' +
        'pE33VotBHQxdKDa5VxsRzgOBNdJ9l9wXua+4VEW2Gecjra7hl7WSpc3COGyVSa0aBKyJ3mQAm4LCV+zUIUgB5DsHM4FWB4o3tVka' +
        '+ZIXdxJiWgNRF4/VhSGR4cNNj/DlPn5iKSGEVSjgQ2QUMX2lM1DYbCRpDHu4Vq5aTRysDHekj3fEUqqyGQP2MSpAsgmwNt+BddA2' +
        'FwjORvMbNKlwfFU6kzpc6ljO1m7Ue4Hmy7kspnUx4Ld1yclqIa0mvUk4fPY6V/G5pQSA7A1iWVBwBtZXNx1sJmkTEjYJiH079rgt' +
        'EU3fQg273+Ly8FYdRBllUwFwduIT07bSIPhdVkL4rQObyUDjgXMROJkh02ONBGyusm9zjhi7cvFKvbs+MjAX3Ulg8BFcNTRWgemM' +
        'DH5ZloyAPJTNyHykWAXdmSBVnH5zTQ9k3w9pcauHQzZQPqeRFXE43+PH1KkinEg98soj4DTdPwlpOayP0poopFPsWasXeN4Ky6U4' +
        'BQnrClAYWU0Oq4eAI5SUkyYIfuSWqHM1ZzLYK9gaKawGep8aykWrvJ3wNFwwFygfi8O0NPA4ESEThIyNfWtLy+l8p1U99jA5bWzf' +
        '4D4ulYfGXwWpQ6AJx2rDwBkJagjwFzrZgGw+Gu9VL+yulNIHZNMg4JfyHt3TwnjbXAj+aqNI9eCEZq/Wy0CCMznwXdSWbCrgfhl0' +
        'tlqixV9HPS5rQuTirDocrIbI+eJ+sXXm4pthoshdZOfmXDD/vaSsUMjgp9Q0oYeAOsdaOJtN2FQLVgaBtQA5HQH5DAqB8Nu6s3ma' +
        '8D6tPMB0/Y6sqzNtKpoPF/th/mpME26v3tNm4EwIPkpQF5HNFknE0gRD41stRNSx/W1KiOiL8Bs6RQ1WCINTsXTQqwnFT8ydJfaI' +
        '2F1s+joPiFVGwhlRrJCVTSULyMZjE6DAuYBsBhJ9hJuEUg2ywFYBTmczrQjI01FBYi0Y1kDTQYT/TtMAc2SQDh6sifnrobfidEHg' +
        't2Q0Kez5rK52VdKXxUzNelhOBFllhP3qqIkBa6PBXwa+maky+8TWXWF3auUzf6hd7btamImzRwk+GZOLw46pZULgp8TOWLyK/Rjf' +
        '31mZQPZrnzbcZqBXD9uEJPitvGxATYsPo56zN6xpwNojs26UeV94M+BgjYi1AfmpKO0Gq0DA2nhwBiy/+Rz206T55bEv037YycNa' +
        'NQpOALN5WPyOURVu31TUAkpBhLOwCAoAFl0orZkdlRTlIIwrnDmHXj1ndtTQXDHspS7F8QygUNCaKZcGfzdqpg==',
    ),
  },
  {
    what: 'at level 19',
    plain: wordsOf(9000, 2),
    compressed: base64(
      'KLUv/QRolXYAems5Nxtga3XzMrF8Po+iULKdH4YpllvulqgWzKKQBjBrA2wDbQOD1gS8MvC65vfQcbO4Iolz4nBdyzrXVHFoVpgv' +
        'm4kZyLfFo4bA9y9uYpNlOsvOXCgRD1yvknLPdKt6qSKw6mn7iFpoelOLe0jISR+ViVdvq7fnfd1bEUZvRHBfnEx41xdYyNw21/bB' +
        'xApuAnpC80l6ZYtaWOcD+rY86n4+gesb58FCG6YZMr7pfadrrMivg5AX6swW19a4MgydimaDY0a5xuMwcjdcAcwZsHxRRNtU5CXw' +
        'lQfa1VNjoBW+NZ7DS9M75fUI9CLXVs4rgrke0booNB+EaxycF9LjzjBpbq0Z0HZFx9Nd00IZpVlR+Dop1bld7btOUwG7Jn4YwFa1' +
        'xCnpdQ9ygm08aRtJZd1719tcs8DACF0EvQy6Taf50JwbSu/hJp8+61YvbNdlXQmDM44loBfNpYgCI5BmRvciuKfbprRUMXphWntW' +
        'b2yKAwu1Tc49nTiRWl/DhsD1EDQvEsq0zvU97rAgtgoA5wQ5H9fakNaGcX6Ma3P4Xq59sZXhzglUjKU5gWg9AMoGilyvgmjVSTuP' +
        '23PGzMCINzcLD+D3rcWNRaviXAeFc2D1vqg0Hq4MAR9wDbBzdytMOCXOBfVlx3VhOMBYdeKmVpzE3qbYyoPpS9SAzo2586G9gwyT' +
        'dUzj6kWL6X/4JedB0jujUwhbU6F19WGk6ZVPqoE5r+Ob5OEC46ya32NU0EDTCxdjJMCNtCE4J8x58FYC4dvkUyTulGlhgkpAXAPJ' +
        'N8G58Gj7iXQezYvCWQEsczobLZwRcj6g10Gng/WdCKpC8J2RKZq9zbl9zrEiOQfiuTmNSnOE375+fuNkDEAscL3qQQUkmo+jWUF6' +
        '+DeuxRDQ27It+tNOmgOKXtYUN4LzIdnJ1s6GVqbESHD+j7bFWXHQQKH1oKNo0HvO1GQ1P8aTnWWh103IgnQ1nCvi35kUz0TvZJKT' +
        'suWqFCPpqNK0Kle0OC+Sm0BvSlALiZXw7VqNBVHVvB4A2vThxmx9gOt/HTCth9OsxOZues9ZtUfLlYnp4aAtcV2Ms0p8D0YT5ura' +
        'OSrngfq6F/dQkBeEb3taxhbPwPUseg/RdkraQHqRTOrYrnRVCNwAMFp2HrUuPmbOdS2uhdeMnLNtJS70qi9VAL2yQSUszQsuQk/b' +
        'OiMMvZKtdegwjExoXxnfpuMoBDQ3lDpYV+Q4CyNiBe1jzW5pdYKzoNE+eyCmK/ETtYG0Svhd5yiB0CzVWZDsSlGdwoB4Zc3ZHb1y' +
        'LVbsk3JXTMtY0gLb5JwqxUhpPjCtzHBGLOd4OCtDq4DA7TgDzuFOrYez8UqXa1U/DBPN6jQz1Zvk4kZxnowuyTZMjFi9HSHH9Z0y' +
        '7mNyJWMaaEZmb3KaGsz6XZF/YaOV67tk65LwW1SRcLNcWy9Mb88Uo9cKEDQjyrepyYREa7PTIW6a1i58WWo2xOaF4txo21DpFRrl' +
        'GbYq9n1Ha0GwaK1tBy5Sb12D+9rkprmpc4BpZtr1oebXuM6GJvvY2vSUtvidyfHhX4fSqpQUJnq7pzbOBndNTHUJPTD0jxlKL1Nn' +
        '5Y8OHheOb0xvj9m7uteljVNyotB8LP7k49D7HNPBuyKL3rPwkRWALsV3qaYKRjM7R6XsXRCpgdnVoAIaXdwXtrMOIT5a64JwXhTX' +
        'RX8Ze9wKX3ggTujKtIVqe7KFEapgNcujCNTDr4iwqTUVAL79xw/QLGVzIJ1t8ymgaWZer2xSVeM826I4VymnTPNtUFfj3FjOSKDX' +
        'TacOnae2xwfgi2DU5OkhbjoOn9e72GLedWFoThzcxNzGw4BcEUnPgZOklQDVNa4qaV5alUUzOo6unwmC74mJl6OFReWyEKmX6F1R' +
        '7jlsWc89sXUebdasJOvO1EUfnq05gdeXWBiVFgzNR57huib+Zd30cJRp5w++rhUjRTPSZ9NkrBJnwbm2Yl1jy947j6dI13H4IaAe' +
        'fWUYtrnvQW1bMm6JVQ/pFKjg7XFMRhpftSafxghgOyU2/KjSWH6TjBoQNMOlV0WmB6A1kVrncdgpE+CpaH1Kb7+4a0IdLA0gRYnm' +
        'wdkfxeuc/ZFC2Avf+sKZEVgEI/OFrzlhrQmCutjMtGYC4hxVc4FpLiStDML1Ia7H4jsfXNWs5hlR9KJQ1vRK+Fi92bA0Bw6tCtrD' +
        'ndn6HmhteqsCtrJ09smmBMgFRCtzXOGBG+tsUM4L1vsvhRArFt+WbKrrQNDc6LAAcGWadcyxguHEUWjoPWJbxNp+wn1JLWoMePPA' +
        'faOLjHjNgAMni1alOTOJ5mbASfMcfOOZGs8VCa4I+r7Wu9DaHzA1NRBWqbeH7I2wbXKIF7uq3qUOIwtd6gpgrIf2LO1xUoOcV2en' +
        'aOKtTMKAPe8pwXBNxI4/SlhaGfeN8617iRcBbZ4midYkHT5UlpwZ3cwaXYurgvGSGDFYB+Ei9E1n/MYVabQGAqoaew64Uh5r4Z8i' +
        'BIyc1sIUJN+1li4Orck7K4rrZFoJq/mLChIFsN6FIL/0VdGpYfFVzWmg2dVpDyU1MbC/74jcCM1z8uFdYboajlZ2HE6J76HaHgmX' +
        'zaiJco4BHiwtqOtD3KzmV1j5WhXH0biuN/QqdhQpaCf96XU/vGDrm81psbIUCWwfapslVej6kFbA+b6lDgT7WgmM07qi9Y3zcGy0' +
        'NgOVbd/nnnf+QVujd6rHL+oi4Zd6UVx7FLf4ZY5tOpy2AkfEGWlcD8xXtWMAOhvhWfYSH5BrXBRB9Mqmtys2bQ69ay4lHIcPrPVQ' +
        'nOVRwdQDOtyEq1q+bzo2HBYIviytnWlyI/bKoxQRzs2iWZ1tcvFB0Zc4GwjXAaP56DPAnRundzG5ErYumua5dKmvk82Dg77Y+8d4' +
        'JXpYM4NaF9m8nGtanAPJF55pY9njbO/cLqmWwccKo1UR9MI4F6orgeHkwItGFcbOp/bd8UFwhg1Buy6KOuUKAdfGaUUUdevYPipN' +
        '1r72drGzxznbUNPG6o2xMXzcLI1n0dPGE9WpM1NXlg53Y8VcG4IvUk4Xux4DTqBrwGmjm9XS3BjsQpIP+D667cXthxt3RvzKnWfT' +
        'OmicfxjxWhlMs/o1Nq6M1Tvn3CSRvqVMo/frsdLUsa/qL0pzH4wcT/NZNiG2P5pYy5LamXohRJwwV4ZxvUIFg1aAOy8an25WCteG' +
        'nBt0ThLXgKILHWWMrzsi/zisIPSenT1NajrOntT2HcgJ0gporkvUhg639V1Hbntq3ZvVoDURnBOhVapzZPTC1dvt9o00JtdEUnj4' +
        'trw23DUZtC6KXrWcOkRrQ2AGuyJYa1O85xilc9Lfw7l9l8sSU0YfRQiWTbmvtR51RlAzgaCAwHUtvgo+ZTxdjtblhxmI3jiPKtZK' +
        'IPAzXBcDlk1rgmhGIOIPM4zm2dgl58L1tMF0ALePtSoqdn0WKcdfijSsnJtqXopvu6MI6l3SsYHRrLjroK9I6pWPKYRXJlk57FuX' +
        'Qe+DkmHyPVBiZfF1qZWhXJUCN36UYeBDbD3qPXPyO5obSTPCaE5HMyJ9DzsqKJwVzQPy0MpQtL7JR6Hv8Gw8m/Oa50NoPphKpnkl' +
        'VCC4ot71mrJAK+QA4nwa3wNBloNz+nXgWjv2sqi0aeyKcxlMfETnOSsl1EboleeaTiuAEwTZGC8CZ1b4QpUYQVoXjFb4K3StAcNV' +
        'ka0IPKPUKmh8/n3uKQLlrnYaBb3nLGyNm+XauGZC4cfhXloLyjnR7OrmRtM7T9qjUDxO07ISvYUHqoFxRf+qeXS5ZkbSmxRkAIIL' +
        'rfedVoZpVVozt44tHhhaEevt1ori9ziOI2pOrLOKzQHGLvZ4Kc2K0owAWluhMp0Rtahdj+xt7KlbzsvSi9zTtughuSpmm2TbFFq0' +
        'Js8zwpwZalbz2yqpgG23Zka89qH5Bb6yzyr0fX8KEYvg9almROqdbqkj9Dr4/WTaSM6JPA8kp3RWxo2oldBn13v6jm8jqQzH6TgL' +
        'FCIueuJO5yWgybIwMpaKlcvxa77rm1TcCL8LHY2B1gagN56vY2gdfMzRGhtOCFhhdIFoXqQyfnZJc3O4IgRfleTKf6VCxfUAaGXE' +
        'fofvMZEiHCeuB2xdmlaFcWu+ED5OAPqzKkJWjjPjNcfTfFBsy7MwflE7RRxaGxsR5KPRYzkvwdkZNFlcz7Sm2atkK9KseutEnJnC' +
        'tbE0GwZnROJ5dPCzrh1mNCxoX/WYFgi97pAZslc17qY5KpoloXUxKCNx/o+2Yti+rg8HFtdA01qAihJXia4NOns4uAwiToDrY2wj' +
        'yYE+mmDXSz4GvehnY4PLYlwp2X4Kzomj9etaKWQ0n+nfV76kAeU712FXaD00y344UTQmvW+HG8n3oGZE4cvi3DTZdpPrlNLDYtiu' +
        'LjJitCKLZsLSzA696CFVtHMDvko6PurOSif5/Gh0vCysOJx/tAGd22HE9LK0GFF8oTKELzuxwYDlilDwA2dEYIWieZnftZ4W0je2' +
        'IorWF5sVuO8kbpJzjL1nOkXWvp9V7frBxqOTcC0gvGCa5WuW8HvS4anQmaycSZvSew607Sh9ehuTXHe8bb04OmUg33kkZc1XNsZp' +
        'wEm3KpRvSpPvmp3yPU0uhFBf4/zWixLcI3Ine6LTg6IXsbTvzT1HcwK2HqAqAyW8N7nWQfM9DDGCWfTayqYU9rWwEi+MjWkZOgx4' +
        'vahFVQj79/ZQrcnRujR6D8nWscRHElIoIAoRkZkh6wFiYKGKhP//f8gHBDAdTwRCTsRJceP+xfE9f625ZpFhFP0CXPNS8wJQ5fLw' +
        'p3PuZHBCWNDHlySjIB4m38wh+lcgo+DrJfXUJY43naKlRcwrdLbeDO7MKEctF02eueEfGBykyUqpF2U2C7oAxhYsx79BjVd5uiqT' +
        'bAglbe/iCUYQHvj73o8ic+RuD7EcopxIIjONdlIFP/MAIZmn+bopR+EyIZkZfw9wpUSZCluUWS0JMLXtB4waknXVZFKYMqInuME8' +
        'DdpBZhllDVpu0rnTHEbd/+ixGiciod8h78lyb2ouRrBiBuxSdmSfS6nQWsZDG5rcqbIISwHnsbIN',
    ),
  },
  {
    what: 'runs of one byte',
    plain: Buffer.alloc(300_000),
    compressed: base64('KLUv/QRYVAAAEAAAAQD7/znAAgIAEAADnwQALSjeJg=='),
  },
  {
    what: 'several large blocks, without a checksum',
    plain: Buffer.concat([
      wordsOf(1500, 3),
      Buffer.alloc(200_000, 'ab'),
      wordsOf(1500, 3),
      Buffer.alloc(150_000),
      wordsOf(2500, 5),
    ]),
    compressed: base64(
      'KLUv/QBYFBMAtniRHVClVgdDIwiCIHCk/CU1z8zMlC23ZCeL7I2ZgZo+iACMAIcADmVzgZxEGEU8NGC4XaLUBa5N0rt7l+KFmr5B' +
        'Mn6jhqza/RBMJlhfIV28+ziVgVzQk4Dc8N0KUspg/B+7I10Em+sSoeO4MAMa14DlyRrr9FIOls1EsobJ0W1WDw63hbSAVhGBlQbz' +
        'oK7N3UlhigK3Yk/FuxOWi20uyBMiroS1SliuMHEtIDYfiIeTjK0mzFUQlbHciUrpaDbVYs2QI2oaOGwa1JOx68PxBHhog23u4Fb+' +
        '9Mgq09g0wLX7vQ46KtCxwRQsm8xVsVh1RwlK2WP1gI4i5qkANg9ws0HI5JEOAE0o97Yro61jAo2U58aSDhybCEMLAbpQa6goZQT3' +
        'SbdSWBoEa6iWYzy6wNVGc690TRRWFUoGLyFzbdKdmtKD2nSoO72YjrHauOuCkIjoVS9jYq3Q82LLiDk7Fb2S63etsNUGGnnQLKKE' +
        'ifvLqWso47FqaM8DY42Y0qatk/c8hc1AwNq99R6VzdkEQDYL6E4nAR7PQeLp0nOhuJW1Vi0aJaiocScbnZDNx3Faa0QlVcRkIJtN' +
        '4okUm7vuBC4NiTLwatcz+phNCJ9fV9WeTOCJ3K2iMktcsnddLNaJooyQxOgdFSCrDHoG/ozwmdaTUajCsF73UkH8YjKyJ99KReM+' +
        'ovw2D4rrQ6yj0XNIpLt3RJQbUprcjdzyKs4vHn2zuWl9EualmhKaRAjXwbKqqOeD8Fy01aRxn9SSgdKBXA3paCBwtwcGACCIfi5H' +
        'DQnBTV1qNG8ANTsaQElOZspJAZwAABBhAAMABGecLtl9TIw/YEzk4AplJgAad4gSHlClVgdDwyEIgiCUKdH6ZGZmOLu2hMgT5mNm' +
        'ZwyKBSEBIAEfAQILngnNBWT1CVh9BTsaJ+x2Aq7LeNGsCU4ylJQxpHPIBcazKYkfWqNHFdHMoIjmXiRuArTiqPLN2JQF6PmUOBrW' +
        'jXOBoIzBqsN4fmmObvPw+g5uCOk65GIpkSXq+5WAUCZv+ZwVjbWjVhNJIhHm35RxKONIhzw/wap7nkq6wvhca9O9lcm6Hc86OuvI' +
        'uAcul4JMCGj65lOJPmwzvSni4cbCLq06H9Lza1OppYuSr6Vs7DkFkqVnZJt3V+RcFeyaQDwTgtoEJMKWJseDxiZakB1CKnDPGDfR' +
        'e/o4/ISqwh0An9BFP8x1Oc8rzYJl84rSAUIOYF4sNhFK1MFcE8RmVJswOSMIz6St47JDsblLMoZ0QXimpzJZSiq3+LCwU1Z3ARCH' +
        'xFXQ3HDUSWjhOSUvBs+XPCPI/QzuAzNcpMngiLKM2noL2ZDVpqyutWYJ6SaugXxoWWGsIp570RhhWH0U10d4qqacaE+YQHWJZ0sw' +
        '11t6KFzfWxUsRiBWE88mu8u0SuPCioCqw+ZjyzHAipBIUmqAzyPmNkinlGzP6fLbOY6CZCupYp5wYTIG3RzplYyLSmVJihYaULhb' +
        'Y+dYG5RVw8OM5xnXaqBt7qp86+kjuA6uTrC5EMxdZQk5wTzfb0XA0KGP2kyHOlhWEe5GjiuiPBPlVC3uhhlxN4JWGQhSxWlgcynm' +
        'tNh0MWVCSZ2EJsmJ4H5AL8o6sMhMsLT8ci4UzHA241KZPDFjT+SYsmeNEqsoOSo8aNyIqyl5bkx07WY88yLPtDAXd0UYTcsTgYks' +
        'pY7GptJYqr0dt6pw3AhzLTzXN2sG2YQM5VqmzN6LVhF4C5xrozafMDUs2iA2YUyavOvAoYjHPWjrx1C3uSiU6CpTZGYWqwXC08GW' +
        'MHkOsBs5suJYO/GOew8QT2Whn7cWrJHmxWNtaNckca+717OZINEvIQucBpjVgmHVWWT03A1kxGATcTCXMQ/Yjb4+ICgThdlxrD4S' +
        'FTCuq5A2Sh5pGpsFj03XVG6i8lFx4G0iTWnTPGFUBtQA+HwKqkK4E2MTYddF8ITx5ZdiJ6733YfHVTVtBFKtUkVjE4Evv6RUbEmE' +
        'MWUYawFDD4w6GIneYsLASkPTug2Km0lIn68DGq9m1/AZq+twHQyeV8yIYlN9cxWlASsZfOpYrLa9voDnLkou0vKLchJwK+lW7n5+' +
        'XZY7iRoTr8GJxVNRlJe2VohNpUQzjpTg5FKbMb1UlKcPxaphsQkVRRnn2Z5L5qK+eE3uue5yoZbrOXUYfMbmitEMco1vc7mWMSU/' +
        'GD0gKF2Kamjrw+HqBFYdlUhsZtrmgstPY9VyIaiJWSPp+sPTpZaQrZ1CThBupUjIlj5NcXXgUEZzK9GGteq4zSRhCRPKlDQ7HLmu' +
        'aRNwgV0X9USQJJ02zyZzir9cH08bZXXhbvabsChRdAkTUpTIJFkaQDZjqhe9IFwb8BpobrdYO00uasn1h3yFlDnXRrw2ziqjoI9F' +
        'l2HVgc8nt3py+RWxPNdS+RTTp7kdcXNJSxnPvYNsjJl5BAgAoGWzkCBtGUBJWxhAzX9mRxIbVVmozT2NWEiQSl5KOuRiOWAD',
    ),
  },
  {
    what: 'one byte',
    plain: Buffer.from('a'),
    compressed: base64('KLUv/QRYCQAAYVtujKk='),
  },
  {
    what: 'nothing',
    plain: Buffer.alloc(0),
    compressed: base64('KLUv/SQAAQAAmenYUQ=='),
  },
  {
    what: 'small blocks, which use the tree and tables of the one before',
    plain: wordsOf(6000, 7),
    compressed: base64(
      'KLUv/QRoXCoAWoIcFBtgS3Wfpml6n6bpneOmhmFakiQhQrVgEjw0gAE6ATsBOwFzEV8qTYR9ij8n2wP3WYqqHn0Xzw7OWZT4aXm2' +
        'FJrzhlPjoBdJetuxsKCGRv/JeTbVLrAVUW8XlRV813EBsL8O64DBa1QvRCgjiF4ZWw2A1bH4r/G+ZiUY+BChP7O0sPowOm2GSxk1' +
        'GrYRr4D50alt2aoQ+DKdRWTvQuifh/aRNGG4We985qdCOjBoouibk9ZhzkpA6yLA6wj8RlELps9MaVO8iKJVwl7FgRdBFiBbE9XL' +
        '9g3OUx3Cfsu1DgZrwtHaUGgbLBKwxnTOrFYtrEiiv1grW37U01fgJSyLEL9XW8ZQ+Wh1OPgu8T5mK0Lhn8h3jx/RWsRkbcQ9nHMY' +
        'WxGI1VHoZbHZ4qO3WGJVktYHgHXweBFIK4L0pWv6ELxy8iIJ37SpyjlvzMvqCqbzi3dQkUdr8uDHJt/xBCY9ffT5UnEV65HfnTtH' +
        'vbQtq7gnlXbw+FMtXci+aakNgRIEfdOcxsc/7R1KfmNKC4bW11ol409We1gsY6GPAC8gaUW41sa96fHZjHoSfsOj8Rw96uijBMdC' +
        'QOuh0Z8oqsDxDd+ZpqjQqkD0j0yaEqyq0arUXzua6F4VuHtvE6o3DVobg/Wh9AIK2lgf3IXC6+izBtF/3LYb68PxJZ8KCrwKL2Gy' +
        'dqLPc5PIyx6tg9Rn2Vo48BnbA7MW5gKWVmQuK1agtJrIh/KoAJ1tvD2pBciXTK7BwOepSoGPTvpZ24F+QvMLHVU4dpDwMmSvc/Dl' +
        'ZG8Nfh1FlDfp1hy+ROhKLU2YPpvpiUWFAE0wWA3tq8nLyHoiv82nHHsBgzevMzxrUmtBLTuwTsd/zNYkeAOEGzkP49ok8SptF9kL' +
        'AwryI3SroH7itITEd299GaTNeh/kL2YbgEuQvA1znlzfKX7so0t8K6eJgS+7bcKxFhSrGisiaVUMNPBoPQsrlKsUfBOf8tGkoOvw' +
        'DPAqcKOAl6HWRtD4aG2oXsRhEcSnnOsKrFDBywT8t9I2Wr/jWsBiA4g+p6kJwKFE+gKsBUQvQvR5rZO8hsIVUp9sqgHA5+O0FdYE' +
        'nWc6MmmTxTKWPmvosZGe1kahlZP+U+jPqadeVvrOtA7OVWJqcK1v4X2EQwbfrWlifNeWJqR1Pi7TQj66KDZh+Ospc6xIYpuAtyFY' +
        'qfSne3oMsPUe1dqY2uCzPFvVoVeRtCapP+d5k3031Z7HWUZdjd6WvAjEMgjbDj5sa5MEXx5OrDdZ1hl6EwJ+W2rhY03wT0xaEPQ6' +
        'gLIC8UZAf8J+jPHutUWcBxGxAwWvUzy+ue3QiuIa3N98+iiwJlA/KfcX0y4GVnQUgX3TThHsbW5NkDWBrEH0KtTZ5DspN2F636PX' +
        '9dG0YD2kbcnVWWO6SHoPkRU1Nj14k7cBRmuzv9TWUeAvhlS+vuSnMPaZ8duEmxSr4ZxDjn+PvTvt4vhvQT2N1sgWJXyDVp3+TOrL' +
        'nTW8fnTn6qHDc3aR2h5Paa1E7l57OuqAWhOsb+bURfdP86FJfyf+oLeCwZGR2osiGqyDd2mgOgLvcazKwKswRwdLP/LUAqAvTbyR' +
        'fNWUnvi0lC4UrM3oXQK867UqjD58UtV8bO/IGh/via2T9RrSOVJxFajPrqlDrWfZZNBvR+48rCedTX0n28KlN/A0EHeZ5sIiSu9i' +
        'sBoW7/g0LfqI8dVkbWoHak3kVQB9tLsIHxAoUJKFFOTCAYEoV/xN/P9bHwiLoNk8G8nnfJdRDlEyIvMGkzYhHAKep7mK1nzPt06S' +
        'eTi01EU389SQRRpQMAMNJQC7c5QRGQEXARkBjffDT52BVUHwyj7aULyC1iV7FYFeB1rGWtuAdz2+5jpktCYdZbC+lK0C08pAVlH+' +
        'IkvS2TZnU9LBgs8vXTF1J9XNu8h/TZHC73N+mldJeh/cCgmtBcUCDO/2587Cp6rBqw6tCfHPOjPSBoG145/qz+VuktMDOIxHTZ+/' +
        'pQ3onYZ35EWFXqhYWNvbhqO3IfnRnA0seAcIPWobfDZx9Jvs91t3bCrS2IDrHQi+zFrE8B64VSJW160K6zWwSnNWLV5HgPX1UcfC' +
        'd30WYOjzQ0+O98DQBVzX+G5t4/CapK+i00BgAW0bCEUsVseBFSl6BwGEVdDoTR69nThqTO9Dbkr0CghvJ+piFSRWGfWB8BGSi5AN' +
        'JHxo3FvJPSloKkxHD4wn5dYNWgOpb5x7M3CVUtb4LbU9N5DtQnoRQStj0UcQnqFz1emuORUkvI5Hf0KHaLQ+Zc1sTeYSlt7Aow9h' +
        'XIE5Kxe9hNbqcH0z4aN5j0wVb0gug32Jlh7DyzC0Cg68JtH6XCtC9mXaRdHLA/5hrcnBGwl91kkFC9+8c+b3g9a6ydpYO2gFHL4y' +
        'apfJj0YtonCz0r5G73n0KgbrZLwm8bbVuhx/rD4n+oJSHZIfY9tBgzcp/ml0hZY6RA9KH0WoAMR7wX3rKDV9yGU8+MjwG2t1SCsh' +
        'ajN8+NYWFlaGVhL4vKImCKvSvYQFQ+svrTWEZZyjgsAWYCsHtFG/uafJ4mWGPzXvpltH4EayM4x6BK2tegOFgS6LXgO/yalwLUK4' +
        'U2lRoFtDe3C9a/Yqh1XkIZvnpBZAYIWEx4ieOt711MdqSIfoaFuoAMC7eKxBwRph6yDxJoqbue4mujJLX2EXw5+svIODOkyrknhT' +
        '999sXRx0Ct5c/ItrEYJexOGVywpaX5rzhHoXx3oGC1i9idiLJIsUrYOltZ2m1bsQvADFmw6/E1L0YFXiIgP/QHjzkkK4ivzidgXd' +
        'MhyfSbeEdN69ieYFpNZGa6DAO5FWAONJqqvG7pr7a+8SNUUc+g0+VSKvY1HE4qOWe3C78NFEoMz6jrUiYquiAsA+c36UPhq9AcY7' +
        'Da1JU8XxmfrMpR/XtB18ttARRNqDXihbF8vV433LqnUin2wBa5eFdxFuAjzQ1H0YzwL46GJ5k+jzwHOaS0hvhvScw8kafXQQWNa6' +
        'DFYxrAbxIoVWR8JrmMtgvInAldzC6z0LXUpv4sAb0/vAu3Te5FMHg6+W2riwKtDZAIIXPl7FwW/VigxYjYIXUGBlhJfQ+LAhRUhV' +
        '0Mp0bl7v4UPWT+atI/TbuGXJ+gisk7Uiir/cezJRCwN+DEUIfcnkKgKtyEMdR5lhUeHwJe2DJtk6FbxLorct+NKolY5+a7gJ+4Ho' +
        'jZA+uOjxllNl0p8qKTNVNN7NC0BcNqmx+U+1VbRWhDlfq70hVonwG4qrUFgRhRcVeI2BH9s7dE3fZD2M44yXCWks9DYQz92Y/nNv' +
        'l3P0LL6S6A62ZcEZzsfZljUr8mANE/xoR/BpeeTJKANsl8x5yCiz58lqMg3z1UNH9Uwhy7QtKiuisLcRRcNoOStRZOCT0qED1YXZ' +
        'gQJ9MGJE',
    ),
  },
];
