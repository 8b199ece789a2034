import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A page of the documentation. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A code block or an inline code of a page. */
export interface Code {
  /** `docs/rules.md:5` */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

/** Every page below a folder, without those of packages. */
export function pagesIn(root: string): readonly Page[] {
  return globSync('**/*.md', { cwd: root, exclude: (name) => name === 'node_modules' })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

const BLOCK = /^[ \t]*```(\w*)\n([\s\S]*?)^[ \t]*```/gm;

export const blocks = ({ path, text }: Page): readonly Code[] =>
  [...text.matchAll(BLOCK)].map(({ index, 1: language = '', 2: block = '' }) => ({
    at: `${path}:${lineOf(text, index)}`,
    language,
    text: block,
  }));

/** Each code within a line, in prose and in tables. A bar in a cell is written as `\|`. */
export function inlineCodes({ path, text }: Page): readonly Code[] {
  const prose = text.replace(BLOCK, (block) => block.replace(/[^\n]/g, ''));
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(({ index, 1: code = '' }) => ({
    at: `${path}:${lineOf(prose, index)}`,
    language: '',
    text: code.replaceAll('\\|', '|'),
  }));
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The relative links of a page that lead to no file below `root`, or to no heading there. */
export function deadLinks({ path, text }: Page, root: string): readonly string[] {
  const prose = text.replace(BLOCK, '');
  return [...prose.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(
    ([link, file = '', anchor]) => {
      const to = join(root, file === '' ? path : join(dirname(path), file));
      if (existsSync(to) && (anchor === undefined || anchors(readFileSync(to, 'utf8')).has(anchor)))
        return [];
      return [`${path}  ${link}`];
    },
  );
}

/** As code hosts name headings: one that comes again has a number. */
function anchors(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of text.replace(BLOCK, '').matchAll(/^#+ (.*)/gm)) {
    const name = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let own = name;
    for (let n = 1; found.has(own); n++) own = `${name}-${n}`;
    found.add(own);
  }
  return found;
}
