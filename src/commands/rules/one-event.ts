import { existsSync, statSync } from 'node:fs';
import { read } from '../../audit/read.ts';
import type { EventContext, EventReader, FieldPlan } from '../../model/event.ts';
import type { Micros } from '../../model/time.ts';
import { withPlaces } from '../../pipeline.ts';
import { UserError } from '../../setup/user-error.ts';
import { LINE_MAX, linesOf } from '../replay/file-lines.ts';
import { readingFault } from '../replay/reading-fault.ts';

/** One audit event, as text. */
export interface OneEvent {
  /** For people: the file, and the line if one was given. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `FILE` with one event, `FILE:12` for the event on a line, or `-` for standard input. Throws UserError for anything else. */
export async function oneEvent(argument: string): Promise<OneEvent> {
  const { path, line } = parse(argument);
  const name = path === '-' ? 'standard input' : path;
  const refuse = (why: string): never => {
    throw new UserError([`${line === undefined ? name : `${name}:${line}`}  ${why}`]);
  };
  if (path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory())
    refuse('is a folder; give a file with one audit event');
  let found: Uint8Array | undefined;
  let last = 0;
  try {
    for await (const { number, bytes } of linesOf(path, () => {})) {
      last = number;
      if (line !== undefined && number !== line) continue;
      if (bytes === undefined) refuse(`the line is longer than ${LINE_MAX / 2 ** 20} MiB`);
      if (blank(bytes!)) continue;
      if (found !== undefined) refuse(`holds more than one line; choose one, as in ${path}:${number}`);
      found = bytes;
      if (line !== undefined) break;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = readingFault(error);
    if (why === undefined) throw error;
    refuse(`cannot be read: ${why}`);
  }
  if (found === undefined)
    return refuse(
      line !== undefined && last < line
        ? last === 1
          ? 'there is only 1 line'
          : `there are only ${last} lines`
        : 'holds no audit event',
    );
  return { name: line === undefined ? name : `${name}:${line}`, bytes: found };
}

/** Reads the event and calls `examine` with it. Throws UserError if there is no event, or more than one. */
export async function withEvent<Answer>(
  { name, bytes }: OneEvent,
  plan: FieldPlan,
  cluster: string | undefined,
  examine: (event: EventReader, context: EventContext) => Answer,
): Promise<Answer> {
  const { answers, outcome } = await withPlaces(async () => {
    const answers: Answer[] = [];
    const outcome = await read(
      {
        bytes,
        shape: 'line',
        arrived: 0 as Micros,
        headers: new Map(),
        ...(cluster === undefined ? {} : { cluster }),
      },
      plan,
      (event, context) => {
        if (answers.length < 2) answers.push(examine(event, context));
      },
    );
    return { answers, outcome };
  });
  const why = 'malformed' in outcome ? outcome.malformed : outcome.why;
  const [answer] = answers;
  if (answer === undefined) throw new UserError([`${name}  ${why ?? 'holds no audit event'}`]);
  if (answers.length > 1)
    throw new UserError([`${name}  holds more than one audit event; give a file with one`]);
  return answer;
}

/** A file name may also end with `:` and a number. */
function parse(argument: string): { readonly path: string; readonly line?: number } {
  const numbered = /^(.+):([1-9]\d{0,14})$/.exec(argument);
  if (numbered === null || existsSync(argument)) return { path: argument };
  return { path: numbered[1]!, line: Number(numbered[2]) };
}

function blank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
