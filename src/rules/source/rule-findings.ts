import { dotted } from '../../lib/dotted-path.ts';
import { readYaml, type YamlDocument, type YamlPath } from '../../lib/yaml-source.ts';

export interface Problem {
  /** file:line, or the path of a setting. */
  readonly where: string;
  /** One sentence that begins with the path of the thing. */
  readonly message: string;
  /** The path of the thing from its document's root; a file that is not YAML has none. */
  readonly path?: YamlPath;
  /** The path of a setting in the configuration. */
  readonly setting?: YamlPath;
  /** The document that it is about, by its file:line. */
  readonly document?: string;
  /** The file, where it is about no single document: a file that is not YAML. */
  readonly file?: string;
  /** Says in short, for a log, what lints say of each rule. */
  readonly inShort?: true;
}

/** Collects what is wrong with one document, or one setting. Paths are relative to its root. */
export interface FindingReport {
  /** Returns undefined, as every parser here does for a value that it cannot use. */
  problem(path: YamlPath, message: string): undefined;
  warn(path: YamlPath, message: string): void;
  /** Style and likely mistakes: `rules check` shows them, the log of `serve` does not. */
  lint(path: YamlPath, message: string): void;
  /** Something that was done with a rule and is no mistake of its author, such as a field that was mapped. */
  note(path: YamlPath, message: string): void;
}

/** Everything found in all files, in the order in which it was found. */
export class RuleFindings {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly lints: Problem[] = [];
  readonly notes: Problem[] = [];

  /**
   * The documents of a YAML file, or what can be read of them. `foreign`: what the file is if it is of another kind; then it
   * has no documents, and this is all that is said about it.
   */
  readYaml(
    { path, text }: { readonly path: string; readonly text: string },
    foreign?: (text: string, values: readonly unknown[]) => string | undefined,
  ): readonly YamlDocument[] {
    const { documents, errors } = readYaml(text);
    const what = foreign?.(
      text,
      documents.map(({ value }) => value),
    );
    if (what !== undefined) {
      this.problems.push({ where: `${path}:1`, message: what, file: path });
      return [];
    }
    for (const { line, message } of errors)
      this.problems.push({ where: `${path}:${line}`, message: `not YAML: ${message}`, file: path });
    return documents;
  }

  /** A report about a document. `where`: the file and line of a path. `document`: the file:line where it begins. */
  report(where: (path: YamlPath) => string, document?: string): FindingReport {
    return this.#report((path, message) => ({
      where: where(path),
      message: path.length === 0 ? message : `${dotted(path)}: ${message}`,
      path,
      ...(document === undefined ? {} : { document }),
    }));
  }

  /** A report about a setting of the configuration; a problem is placed by its whole path: `rules.overrides[2].threshold`. */
  reportSetting(setting: YamlPath): FindingReport {
    return this.#report((path, message) => {
      const whole = [...setting, ...path];
      return { where: dotted(whole), message, path, setting: whole };
    });
  }

  /** All of them but those about these documents. */
  without(documents: ReadonlySet<string>): RuleFindings {
    const left = new RuleFindings();
    const isLeft = ({ document }: Problem) => document === undefined || !documents.has(document);
    for (const kind of ['problems', 'warnings', 'lints', 'notes'] as const)
      left[kind].push(...this[kind].filter(isLeft));
    return left;
  }

  #report(placed: (path: YamlPath, message: string) => Problem): FindingReport {
    const into = (list: Problem[]) => (path: YamlPath, message: string) => {
      list.push(placed(path, message));
      return undefined;
    };
    return {
      problem: into(this.problems),
      warn: into(this.warnings),
      lint: into(this.lints),
      note: into(this.notes),
    };
  }
}
