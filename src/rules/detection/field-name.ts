import { didYouMean } from '../../lib/nearest.ts';
import { QUANTIFIERS, type Quantifier, SELF } from './expression.ts';

/** A rule's field. Paths are the reader's: `[0]` and `[-1]` pick a member, and `\[`, `\]` are brackets of the name. */
export interface FieldName {
  /** Array fields, the outermost first, each of the members of the one before it. */
  readonly scopes: readonly { readonly path: string; readonly quantifier: Quantifier }[];
  /** Of the innermost member, or of the event; SELF where the name ends with a quantifier. */
  readonly path: string;
}

const PART = /\\[[\]]|\[([^[\]]*)\]|[^[\]\\]+|[\s\S]/g;
const INDEX = /^-?\d{1,9}$/;
const SELECTORS = `an index, ${QUANTIFIERS.join(', ')}`;

/** `inside`: in an array block, where SELF means something. */
export function parseFieldName(name: string, inside: boolean): FieldName | { readonly fault: string } {
  const scopes: { path: string; quantifier: Quantifier }[] = [];
  let path = '';
  let closed = false;
  for (const [part, selector] of name.matchAll(PART)) {
    if (selector === undefined) {
      if (part === '[' || part === ']')
        return { fault: `has a ${part} without its other half; a bracket of the name is \\${part}` };
      if (closed && !part.startsWith('.')) return { fault: `wants a dot or the end after ], has "${part}"` };
      // The dot behind a quantifier begins the path within the member.
      path += closed && path === '' ? part.slice(1) : part;
      closed = false;
      continue;
    }
    if (INDEX.test(selector)) {
      if (path === '' && scopes.length > 0)
        return { fault: `[${selector}] cannot follow a quantifier: nested arrays are flat` };
      path += part;
    } else {
      if (!isQuantifier(selector))
        return {
          fault: `wants ${SELECTORS} in brackets, has [${selector}]${didYouMean(selector, QUANTIFIERS)} (brackets of the name are \\[ and \\])`,
        };
      if (path === '' && scopes.length > 0)
        return { fault: `[${selector}] cannot follow a quantifier: nested arrays are flat` };
      scopes.push({ path, quantifier: selector });
      path = '';
    }
    closed = true;
  }
  if (scopes.length > 0 && path === '' && closed) path = SELF;
  return fault(scopes, path, inside) ?? { scopes, path };
}

function fault(
  scopes: readonly { readonly path: string }[],
  path: string,
  inside: boolean,
): { readonly fault: string } | undefined {
  const paths = [...scopes.map((scope) => scope.path), path];
  if (paths.some((one) => one === '' || /(^|\.)\[-?\d/.test(one) || (one.endsWith('.') && one !== SELF)))
    return { fault: 'names no field' };
  const [first = ''] = paths;
  if (first === SELF && scopes.length > 0)
    return { fault: `"${SELF}" has no members: nested arrays are flat` };
  if (first === SELF && !inside)
    return { fault: `"${SELF}" is a member of an array, and goes into an array block` };
  return undefined;
}

function isQuantifier(word: string): word is Quantifier {
  return (QUANTIFIERS as readonly string[]).includes(word);
}

/** Whether a path picks a member by its place. */
export function hasIndex(path: string): boolean {
  return /(?<!\\)\[-?\d{1,9}\]/.test(path);
}
