/**
 * The grammar of image names, of docker's reference package: https://pkg.go.dev/github.com/distribution/reference
 * Each piece's parts begin with different characters, so that matching takes linear time.
 */

const SEPARATOR = '(?:[._]|__|-+)';
const PATH_COMPONENT = `[a-z0-9]+(?:${SEPARATOR}[a-z0-9]+)*`;
const PATH = `${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;

const DOMAIN_COMPONENT = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN_NAME = `${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*`;
/** Neither zones (`%eth0`) nor dotted IPv4 tails; whether it is an address at all is seen when it is dialled. */
const IPV6 = '\\[[a-fA-F0-9:]+\\]';
const DOMAIN = `(?:${DOMAIN_NAME}|${IPV6})(?::[0-9]+)?`;

const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const ALGORITHM = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*';
const DIGEST = `${ALGORITHM}:[0-9a-fA-F]{32,}`;

export const DOMAIN_PATTERN: RegExp = new RegExp(`^${DOMAIN}$`);
export const PATH_PATTERN: RegExp = new RegExp(`^${PATH}$`);
export const TAG_PATTERN: RegExp = new RegExp(`^${TAG}$`);
/** What follows the domain: path, tag and digest. */
export const REMAINDER_PATTERN: RegExp = new RegExp(`^(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
/** What docker takes for an image ID, and so not for a name. */
export const IDENTIFIER_PATTERN: RegExp = /^[a-f0-9]{64}$/;

/** Most characters of a path; the domain is not counted. */
export const LONGEST_PATH = 255;
/** More than any name can need: domain, path, tag and digest. Longer text is refused unread. */
export const LONGEST_REFERENCE = 4096;
