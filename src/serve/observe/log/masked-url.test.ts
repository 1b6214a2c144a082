import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedUrl } from './masked-url.ts';

test('parameters that open something are masked, others stay', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/v2/', '/v2/'],
    ['/v2/a/tags/list?n=5&last=token', '/v2/a/tags/list?n=5&last=token'],
    ['/v2/?token=abc', '/v2/?token=***'],
    ['/token?service=r&access_token=abc&scope=x', '/token?service=r&access_token=***&scope=x'],
    ['/v2/a/blobs/uploads/1?_state=Zm9v%3D&digest=sha256:1', '/v2/a/blobs/uploads/1?_state=***&digest=sha256:1'],
    ['/?TOKEN=a&Password=b', '/?TOKEN=***&Password=***'],
    ['/?t%6fken=a&%=b&%zz=c', '/?t%6fken=***&%=***&%zz=***'],
    ['/?a=1;token=b', '/?a=1;token=***'],
    ['/?token=a=b?token=c', '/?token=***'],
    ['/?token', '/?token'],
    ['/?', '/?'],
    ['/?&&token=&', '/?&&token=***&'],
    ['/?X-Amz-Signature=00&X-Amz-Date=1', '/?X-Amz-Signature=***&X-Amz-Date=1'],
    ['http://me:secret@reg/v2/?a=1', 'http://***@reg/v2/?a=1'],
    ['//me:secret@reg/v2/', '//me:secret@reg/v2/'],
    ['http://reg/v2/?x=//a:b@c', 'http://reg/v2/?x=//a:b@c'],
  ];
  for (const [url, masked] of cases) assert.equal(maskedUrl(url), masked, url);
});
