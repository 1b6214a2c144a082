import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { CODES, EXIT_STATUS } from '#errors';

const root = resolve(import.meta.dirname, '..');

test('the page of errors is what the table says', async () => {
  const { renderErrors } = (await import(join(root, 'scripts/render-errors.mjs'))) as {
    renderErrors(table: { readonly CODES: unknown; readonly EXIT_STATUS: unknown }): string;
  };
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  assert.equal(page, renderErrors({ CODES, EXIT_STATUS }), 'run: node scripts/render-errors.mjs');
});

test('links between pages lead somewhere', () => {
  const docs = readdirSync(join(root, 'docs')).map((name) => join('docs', name));
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md', ...docs].filter((page) =>
    page.endsWith('.md'),
  );
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(resolve(root, dirname(page), target)), `${page} links to ${target}`);
    }
  }
});
