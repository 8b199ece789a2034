import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKS } from '../../model/packs.ts';
import { BUNDLED, isPackData } from '../../rules/source/files.ts';

/** The bundled pack that a file on disk belongs to, and the name of the file in that pack; undefined for files of the user. */
export function packOf(
  path: string,
): { readonly pack: string; readonly file: string; readonly isData: boolean } | undefined {
  const [pack = '', ...rest] = relative(fileURLToPath(BUNDLED), resolve(path)).split(sep);
  if (!(PACKS as readonly string[]).includes(pack)) return undefined;
  const below = rest.join('/');
  return { pack, file: `rules/${pack}/${below}`, isData: isPackData(below) };
}
