/**
 * Go's text/template, for the `--format` of docker's commands: a template that docker understands prints here what it prints there, and
 * one that it refuses is refused with the same words. Text in, text out; nothing here waits, reads or prints.
 *
 * Source → tokens → nodes → execution over plain data. JavaScript has fewer types than Go, so values are looked at through `view`, which
 * says what Go would see; wrappers (`struct`, `float`, `typed`) say what plain data cannot. A stranger may have written the template:
 * its steps, its output and its depth are limited.
 */
export { alignTabs } from './align-tabs.ts';
export type { Limits } from './budget.ts';
export type { Template } from './parse.ts';
export { executeHeader, executeTemplate, parseTemplate } from './template.ts';
export { float, type Struct, struct, type Typed, typed } from './values.ts';
