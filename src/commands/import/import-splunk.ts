import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainText } from '../../lib/plain-text.ts';
import { unreadable } from '../../lib/unreadable.ts';
import { UserError } from '../../setup/user-error.ts';
import { searchTitle } from '../compare/search-title.ts';
import { printer } from '../output/printer.ts';
import type { ReplayIo } from '../replay/replay.ts';
import { type Conf, confOf } from './conf-file.ts';
import { confAt } from './conf-paths.ts';
import { escuRules } from './escu-rules.ts';
import { ESCU_SEARCHES } from './escu-searches.ts';
import { importedConfig } from './imported-config.ts';
import { lookupFiles } from './lookup-files.ts';
import { type ImportedApp, readDetections } from './read-detections.ts';

export interface ImportOptions {
  /** Files, or folders of apps; a later one is over an earlier one. */
  readonly savedsearches: readonly string[];
  readonly macros: readonly string[];
  readonly transforms?: readonly string[];
  readonly lookups?: string;
  /** Seconds. */
  readonly utcOffset?: number;
  /** The folder in which files are made; without it the configuration goes to standard output. */
  readonly out?: string;
  /** What cannot be read is off, in place of an error. */
  readonly partial?: boolean;
}

const EXIT_UNREADABLE = 1;

const CONFIG = 'sidewatch.yaml';
const FILTERS = 'filters.yml';

/** Writes the configuration with which the pack escu answers as a Splunk app does. Resolves with the exit code. */
export async function importSplunk(
  options: ImportOptions,
  { out, err }: ReplayIo = { out: process.stdout, err: process.stderr },
  searches = ESCU_SEARCHES,
): Promise<number> {
  const saved = confAt(options.savedsearches, 'savedsearches.conf');
  const macros = confAt(options.macros, 'macros.conf');
  const transforms = options.transforms ? confAt(options.transforms, 'transforms.conf') : confOf([]);
  const lookups = lookupFiles(options.lookups, transforms);
  checkNames(saved, options.savedsearches);
  const app = readDetections(escuRules(), searches, saved, { macros, lookups, ahead: options.utcOffset });
  const say = (line: string) => err.write(`${plainText(line)}\n`);
  for (const line of faultLinesOf(app)) say(line);
  const count = (kind: string) => app.detections.filter(({ state }) => state.kind === kind).length;
  const counts = `${count('on')} on, ${count('off')} off, ${count('unreadable')} cannot be read`;
  if (count('unreadable') > 0 && !options.partial) {
    say(`${counts}; nothing was written (--partial writes the others)`);
    return EXIT_UNREADABLE;
  }
  for (const note of [...app.notes, ...app.filter.notes]) say(`note: ${note}`);
  const filtersPath = options.out === undefined ? FILTERS : join(options.out, FILTERS);
  const { config, filters, warnings } = importedConfig(app, filtersPath);
  for (const warning of warnings) say(`warning: ${warning}`);
  if (options.out === undefined) {
    if (filters !== undefined)
      throw new UserError([
        'kube_audit selects events by their fields, which needs a file of filters: name a folder with --out',
      ]);
    await printer(out)(config);
  } else {
    const files = { [CONFIG]: config, ...(filters === undefined ? {} : { [FILTERS]: filters }) };
    for (const path of written(options.out, files)) say(`wrote ${path}`);
  }
  say(counts);
  return 0;
}

/** Files without any of our searches are the wrong ones: a configuration in which all is off would look like an answer. */
function checkNames(saved: Conf, paths: readonly string[]): void {
  const titles = new Set(escuRules().map(({ rule }) => rule.title.toLowerCase()));
  if (saved.names.some((name) => titles.has(searchTitle(name)?.toLowerCase() ?? ''))) return;
  throw new UserError([
    `${paths.join(', ')}  has no search of the pack escu, such as [ESCU - Kubernetes Access Scanning - Rule]`,
  ]);
}

/** Each fault with its place and the detections that it is in. */
function faultLinesOf({ detections }: ImportedApp): readonly string[] {
  const titles = new Map<
    string,
    { readonly where: string; readonly message: string; readonly of: string[] }
  >();
  for (const { escu, state } of detections)
    for (const { where, message } of state.kind === 'unreadable' ? state.faults : []) {
      const key = JSON.stringify([where, message]);
      const known = titles.get(key) ?? { where, message, of: [] };
      titles.set(key, known);
      known.of.push(escu.rule.title);
    }
  return Array.from(titles.values(), ({ where, message, of }) => `${where}  ${of.join(', ')}: ${message}`);
}

/** Also a link that leads nowhere: it is not written through. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A part of the path is no folder: making the folder says so.
    return false;
  }
}

/** Makes the files in a folder; all or none. Files that are there stay. */
function written(folder: string, files: Readonly<Record<string, string>>): readonly string[] {
  const paths = Object.entries(files).map(([name, text]) => ({ path: join(folder, name), text }));
  const taken = paths.filter(({ path }) => isThere(path));
  if (taken.length > 0)
    throw new UserError(taken.map(({ path }) => `${path}  is there already; choose another folder`));
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path, text } of paths) writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new UserError([`${folder}  cannot be written: ${unreadable(error)}`]);
  }
  return paths.map(({ path }) => path);
}
