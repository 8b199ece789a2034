import { unreadable } from '../lib/unreadable.ts';
import type { YamlPath } from '../lib/yaml-source.ts';
import { readYaml } from '../lib/yaml-source.ts';

/** Where references get their values from. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws where the file cannot be read. */
  readonly readFile: (path: string) => string;
}

/** A value that holds a reference. The expanded value may be a secret; `written`, the text in the file, is not. */
export interface Reference {
  readonly path: YamlPath;
  readonly written: string;
  /** Set where the value is one reference and nothing else: its text before it was read as YAML. */
  readonly whole?: string;
  readonly error?: string;
}

/** `$$` is a literal `$`; a `$` alone, or before a name without braces, stands for itself. */
const MARK = /\$\$|\$\{([^}]*)\}/g;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Replaces references in all texts (not in keys) by their values, as the collector does: `${env:NAME}`, `${NAME}` for short,
 * `${env:NAME:-default}`, `${file:PATH}`. A value that is one reference is read as YAML, so it may be a number, a list or nothing;
 * one among other text stays text. Two differences from the collector, both on the safe side: an unset variable without a default is an error
 * (there it is empty), and values are not searched for references again, so a secret may hold any character.
 * `value` is a copy that the caller may change.
 */
export function expandReferences(
  value: unknown,
  sources: ReferenceSources,
): { readonly value: unknown; readonly references: readonly Reference[] } {
  const references: Reference[] = [];

  function walk(at: unknown, path: YamlPath, above: readonly object[]): unknown {
    if (typeof at === 'string') return inText(at, path);
    if (typeof at !== 'object' || at === null) return at;
    if (above.includes(at)) {
      references.push({ path, written: '', error: 'is an alias of a map or a list that contains it' });
      return undefined;
    }
    const next = (key: string | number, below: unknown) => walk(below, [...path, key], [...above, at]);
    if (Array.isArray(at)) return at.map((item, i) => next(i, item));
    return Object.fromEntries(Object.entries(at).map(([key, below]) => [key, next(key, below)]));
  }

  function inText(written: string, path: YamlPath): unknown {
    if (!written.includes('$')) return written;
    const errors: string[] = [];
    let found = 0;
    const text = written.replace(MARK, (mark, inner?: string) => {
      if (inner === undefined) return '$';
      found++;
      const resolved = resolve(inner, sources);
      if ('text' in resolved) return resolved.text;
      errors.push(resolved.why);
      return mark;
    });
    if (found === 0) return text;
    if (errors.length > 0) {
      for (const error of errors) references.push({ path, written, error });
      return undefined;
    }
    const alone = /^\$\{[^}]*\}$/.test(written);
    references.push(alone ? { path, written, whole: text } : { path, written });
    return alone ? asYaml(text) : text;
  }

  return { value: walk(value, [], []), references };
}

function resolve(inner: string, { env, readFile }: ReferenceSources): { text: string } | { why: string } {
  if (inner.includes('$')) return { why: 'has a reference inside a reference, which is not supported' };
  const colon = inner.indexOf(':');
  const [scheme, rest] = colon < 0 ? ['env', inner] : [inner.slice(0, colon), inner.slice(colon + 1)];
  if (scheme === 'file') {
    try {
      // Editors and `kubectl create secret --from-file` leave a line break at the end; it is not part of the value.
      return { text: readFile(rest).replace(/[\r\n]+$/, '') };
    } catch (error) {
      return { why: `cannot read the file of \${${inner}}: ${unreadable(error)}` };
    }
  }
  if (scheme !== 'env') {
    const meant = rest.startsWith('-') ? `; did you mean \${env:${inner}}?` : '';
    return { why: `has \${${inner}}, but only env and file can be referred to${meant}` };
  }
  const cut = rest.indexOf(':-');
  const name = cut < 0 ? rest : rest.slice(0, cut);
  if (!NAME.test(name)) return { why: `has \${${inner}}, which names no environment variable` };
  const text = env[name] ?? (cut < 0 ? undefined : rest.slice(cut + 2));
  if (text !== undefined) return { text };
  return {
    why: `needs the environment variable ${name}, which is not set; \${env:${name}:-} makes it optional`,
  };
}

/** Text that is not YAML, or that YAML reads as text, is not changed. */
function asYaml(text: string): unknown {
  const { documents, errors } = readYaml(text);
  if (errors.length > 0 || documents.length > 1) return text;
  const value = documents[0]?.value ?? null;
  return typeof value === 'string' ? text : value;
}
