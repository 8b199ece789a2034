import { createReadStream } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import type { Counters } from '../../model/counters.ts';
import type { DeadLetter, DeadLetters } from '../../model/dead-letters.ts';
import type { Clock } from '../../model/time.ts';
import { appendDurably, currentFile, ifMissing, letterFiles, setAside } from './letter-files.ts';
import { letterLine } from './letter-line.ts';

export interface DeadLetterFilesOptions {
  readonly directory: string;
  /** Bytes that the files of one destination may have; beyond it the oldest file is deleted. */
  readonly most: number;
  readonly clock: Clock;
  readonly counters: Counters;
  /** Reports to people; the receiver of it keeps the log short. */
  readonly report: (what: string, why: string, times?: number) => void;
}

/** The largest file: what reads one holds it in memory. */
const FILE_MAX = 16 * 2 ** 20;
/** The least number of files that the room of a destination is for, so that only a part is deleted at once. */
const FILES = 8;

/** Dead letters in files of JSON lines, a current one for each destination and older ones that were set aside. */
export class DeadLetterFiles implements DeadLetters {
  readonly #options: DeadLetterFilesOptions;
  readonly #fileMax: number;
  /** By destination: one write at a time. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(options: DeadLetterFilesOptions) {
    this.#options = options;
    this.#fileMax = Math.min(FILE_MAX, options.most / FILES);
  }

  write(to: string, letters: readonly DeadLetter[]): Promise<string | undefined> {
    const before = this.#last.get(to) ?? Promise.resolve();
    const written = before.then(() => this.#write(to, letters));
    this.#last.set(to, written);
    return written;
  }

  async #write(to: string, letters: readonly DeadLetter[]): Promise<string | undefined> {
    const { clock, counters, report, directory } = this.#options;
    try {
      for (const lines of this.#portions(letters.map((letter) => letterLine(to, letter, clock()))))
        await this.#append(to, lines);
      counters.add('dead_letters', letters.length, to);
      return undefined;
    } catch (error) {
      // The system's message ends in the name of a call and a path.
      const why = (error as Error).message.replace(/, \w+(?: '.*')?$/s, '');
      counters.add('dead_letters_failed', 1, to);
      report(`dead letters of ${to} cannot be written to ${directory}; its risk events wait`, why);
      return why;
    }
  }

  /** Lines together, as many as a file may have. */
  #portions(lines: readonly string[]): readonly string[] {
    const portions: string[] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const line of lines) {
      const more = Buffer.byteLength(line);
      bytes += more;
      if (bytes > this.#fileMax) {
        portions.push('');
        bytes = more;
      }
      portions[portions.length - 1] += line;
    }
    return portions;
  }

  async #append(to: string, lines: string): Promise<void> {
    const { directory, clock } = this.#options;
    const path = currentFile(directory, to);
    const size = await stat(path).then((file) => file.size, ifMissing(0));
    if (size > 0 && size + Buffer.byteLength(lines) > this.#fileMax) {
      await setAside(directory, to, clock());
      await this.#makeRoom(to);
    }
    await appendDurably(path, lines);
  }

  /** Room for one more file. */
  async #makeRoom(to: string): Promise<void> {
    const { directory, most, counters, report } = this.#options;
    const files = (await letterFiles(directory)).filter(({ destination }) => destination === to);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files) {
      if (bytes + this.#fileMax <= most) return;
      bytes -= file.bytes;
      const lines = await countLines(file.path);
      await unlink(file.path).catch(ifMissing(undefined));
      counters.add('dead_letters_removed', lines, to);
      report(
        `the oldest dead letters of ${to} were deleted to make room`,
        `delivery.max_dead_letters_mib is ${most / 2 ** 20}`,
        lines,
      );
    }
  }
}

async function countLines(path: string): Promise<number> {
  let lines = 0;
  try {
    for await (const chunk of createReadStream(path)) for (const byte of chunk) if (byte === 10) lines++;
  } catch (error) {
    return ifMissing(lines)(error as NodeJS.ErrnoException);
  }
  return lines;
}
