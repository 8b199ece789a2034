import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKS } from '../../rules/files.ts';

/** The same from src/ and from dist/. */
const BUNDLED = fileURLToPath(new URL('../../../rules/', import.meta.url));

/** The bundled pack that a file on disk belongs to, and how rules of the pack call that file; undefined for a user's own. */
export function packOf(
  path: string,
): { readonly pack: string; readonly file: string; readonly isData: boolean } | undefined {
  const [pack = '', ...rest] = relative(BUNDLED, resolve(path)).split(sep);
  if (!(PACKS as readonly string[]).includes(pack)) return undefined;
  const below = rest.join('/');
  return {
    pack,
    file: `rules/${pack}/${below}`,
    isData: below === 'lists.yml' || below.startsWith('profiles/'),
  };
}
