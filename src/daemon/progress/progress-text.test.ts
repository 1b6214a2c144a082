import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressText } from './progress-text.ts';

test('what docker draws of bytes, as its daemon sent it', () => {
  const rows: readonly (readonly [current: number, total: number, text: string])[] = [
    [36_412, 3_002_106, '[>                                                  ]  36.41kB/3.002MB'],
    [326_528, 30_003_974, '[>                                                  ]  326.5kB/30MB'],
    [36_445, 1_031_396, '[=>                                                 ]  36.45kB/1.031MB'],
    [10_813_952, 30_000_000, '[==================>                                ]  10.81MB/30MB'],
    [28_508_160, 30_003_974, '[===============================================>   ]  28.51MB/30MB'],
    [30_003_974, 30_003_974, '[==================================================>]     30MB/30MB'],
    [168, 168, '[==================================================>]     168B/168B'],
    [30_001_664, 30_000_000, '[==================================================>]     30MB'],
    [3_001_856, 3_000_000, '[==================================================>]  3.002MB'],
    [5, 0, '      5B'],
    [0, 0, ''],
  ];
  for (const [current, total, text] of rows) assert.equal(progressText(current, total), text);
});
