import { didYouMean } from '../../lib/nearest.ts';
import { QUANTIFIERS, type Quantifier, SELF } from './expression.ts';

/** A field in a rule. Paths are those of the reader: `[0]` and `[-1]` pick a member, and `\[`, `\]` are brackets in a name. */
export interface FieldName {
  /** Array fields, the outermost first. Each is a field of the members of the one before it. */
  readonly scopes: readonly { readonly path: string; readonly quantifier: Quantifier }[];
  /** A path in the innermost member, or in the event; SELF if the name ends with a quantifier. */
  readonly path: string;
}

const PART = /\\[[\]]|\[([^[\]]*)\]|[^[\]\\]+|[\s\S]/g;
const INDEX = /^-?\d{1,9}$/;
const SELECTORS = `an index, ${QUANTIFIERS.join(', ')}`;

/** `inside`: in an array block, where SELF is allowed. */
export function parseFieldName(name: string, inside: boolean): FieldName | { readonly fault: string } {
  const scopes: { path: string; quantifier: Quantifier }[] = [];
  let path = '';
  let closed = false;
  for (const [part, selector] of name.matchAll(PART)) {
    if (selector === undefined) {
      if (part === '[' || part === ']')
        return { fault: `has a ${part} without its partner; in a name, write \\${part}` };
      if (closed && !part.startsWith('.')) return { fault: `wants a dot or the end after ], has "${part}"` };
      // The dot after a quantifier begins the path in the member.
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
          fault: `wants ${SELECTORS} in brackets, has [${selector}]${didYouMean(selector, QUANTIFIERS)} (write \\[ and \\] for brackets in a name)`,
        };
      if (path === '' && scopes.length > 0)
        return { fault: `[${selector}] cannot follow a quantifier: nested arrays are flat` };
      scopes.push({ path, quantifier: selector });
      path = '';
    }
    closed = true;
  }
  if (scopes.length > 0 && path === '' && closed) path = SELF;
  return pathFault(scopes, path, inside) ?? { scopes, path };
}

function pathFault(
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
    return { fault: `"${SELF}" means the member of an array; it works only in an array block` };
  return undefined;
}

function isQuantifier(word: string): word is Quantifier {
  return (QUANTIFIERS as readonly string[]).includes(word);
}

/** Whether a path picks a member by its index. */
export function hasIndex(path: string): boolean {
  return /(?<!\\)\[-?\d{1,9}\]/.test(path);
}
