import type { Limits } from './budget.ts';
import { BUILTINS } from './builtins.ts';
import { DOCKER_FUNCTIONS, HEADER_FUNCTIONS } from './docker-functions.ts';
import { execute, executeUntilError } from './execute.ts';
import { parse, type Template } from './parse.ts';

const FUNCTIONS = { ...BUILTINS, ...DOCKER_FUNCTIONS };
const FUNCTIONS_OF_HEADERS = { ...BUILTINS, ...HEADER_FUNCTIONS };

/**
 * Parses a template of Go's text/template, with docker's functions. Error messages name it `name`; docker's have no name.
 * @throws DrayError INVALID_OPTION with Go's message: `template: :1: unclosed action`
 */
export function parseTemplate(source: string, name = ''): Template {
  return parse(source, name, new Set(Object.keys(FUNCTIONS)));
}

/**
 * What the template prints for `data`, which is plain data and the wrappers of this room: a number without fraction is an int, an object a
 * map, null a nil. Ends within limits, whatever the template does.
 * @throws DrayError INVALID_OPTION with Go's message: `template: :1:2: executing "" at <.Foo>: can't evaluate field Foo in type T`
 */
export function executeTemplate(template: Template, data: unknown, limits?: Limits): string {
  return execute(template, data, FUNCTIONS, limits);
}

/**
 * The header of a table: docker's functions leave the titles as they are, and where the template fails (a title is shorter than what the
 * rows have, say) the header ends.
 */
export function executeHeader(template: Template, titles: Readonly<Record<string, string>>): string {
  return executeUntilError(template, titles, FUNCTIONS_OF_HEADERS);
}
