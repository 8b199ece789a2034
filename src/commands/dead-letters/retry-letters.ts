import type { QueuedTarget } from '../../config/target.ts';
import { letterFiles, setAside } from '../../export/dead-letters/letter-files.ts';
import type { KeptLetter } from '../../export/dead-letters/letter-line.ts';
import { keepLines, readLetters } from '../../export/dead-letters/read-letters.ts';
import { type DispatchOptions, dispatch } from '../../export/dispatch.ts';
import { plainText } from '../../lib/plain-text.ts';
import { seconds } from '../../lib/time-format.ts';
import type { DeadLetters } from '../../model/dead-letters.ts';
import type { Destination } from '../../model/risk.ts';
import type { Ms } from '../../model/time.ts';
import { wallClock } from '../../ops/clock.ts';
import { createCounters, type ReadableCounters } from '../../ops/counter-store.ts';
import { destinationsFor } from '../../setup/destinations.ts';
import { openDeadLetters } from '../../setup/open-dead-letters.ts';
import { type Settings, settingsFor } from '../../setup/settings.ts';
import { filesByDestination, lettersDirectory } from './letters-of.ts';
import { LettersToSend } from './letters-to-send.ts';

export interface RetryLettersOptions {
  readonly config?: string;
  readonly destination?: string;
}

/** How long a destination may accept and refuse nothing until its letters are left for another time. */
const PATIENCE = seconds(60);

const report = (what: string, why: string, times = 1) =>
  void process.stderr.write(`${plainText(`${what}${times > 1 ? ` (${times})` : ''}: ${why}`)}\n`);

/**
 * Sends all dead letters to their destinations. What is refused again is a dead letter again; what is not decided stays.
 * Resolves with the exit code. A process that ends in the middle loses nothing; letters that were sent may be sent again.
 */
export async function retryLetters(
  { config, destination }: RetryLettersOptions,
  patience: Ms = PATIENCE,
): Promise<number> {
  const settings = await settingsFor(config);
  const directory = lettersDirectory(settings, config);
  const names = (await filesByDestination(directory, settings, destination)).keys();
  let left = 0;
  let isEmpty = true;
  for (const name of names) {
    isEmpty = false;
    const target = settings.targets.find((one) => one.name === name);
    const ended = target
      ? await retried(target, settings, patience)
      : { text: 'nothing was sent: the configuration has no destination of this name', left: 1 };
    process.stdout.write(`${plainText(`${name}: ${ended.text}`)}\n`);
    left += ended.left;
  }
  if (isEmpty) process.stdout.write('no dead letters\n');
  return left > 0 ? 1 : 0;
}

interface Ended {
  /** For people. */
  readonly text: string;
  /** Dead letters that there are now. */
  readonly left: number;
}

async function retried(target: QueuedTarget, settings: Settings, patience: Ms): Promise<Ended> {
  const { name, queue } = target;
  const counters = createCounters();
  const deadLetters = (await openDeadLetters(settings, counters, report))!;
  const { directory } = settings.deadLetters!;
  const [destination] = destinationsFor([target], settings.config.place);
  const { patient, given } = withPatience(destination!, patience);
  // Nothing is appended to these files any more, whatever runs beside.
  await setAside(directory, name, wallClock());
  const files = (await letterFiles(directory)).filter((file) => file.destination === name && !file.isCurrent);
  let kept = 0;
  for (const { path } of files) {
    const { letters, unreadable } = await readLetters(path);
    const options = { ...queue, report, deadLetters, lost: () => {} };
    const unsettled = await sendAll(letters, patient, options, counters, given.signal);
    const rest = [...unreadable, ...unsettled.map(({ line }) => line)];
    kept += rest.length;
    if (unreadable.length > 0) report(`lines that cannot be read stay in ${path}`, String(unreadable.length));
    if (rest.length === 0 || unsettled.length < letters.length) await keepLines(path, rest);
  }
  given.abort();
  await destination!.stop();
  const left = kept + counters.total('dead_letters');
  const refused = counters.total('export_dead');
  return {
    left,
    text: `${counters.total('exported')} delivered, ${refused} refused again; ${left} dead letters are left`,
  };
}

/** Resolves with those that were not decided. */
async function sendAll<Letter extends KeptLetter>(
  letters: readonly Letter[],
  to: Destination,
  options: DispatchOptions & { readonly deadLetters: DeadLetters },
  counters: ReadableCounters,
  by: AbortSignal,
): Promise<readonly Letter[]> {
  const { alone = [], together = [] } = Object.groupBy(letters, ({ rejected }) =>
    // Alone, so that the answer says which of a batch it was.
    rejected ? 'alone' : 'together',
  );
  const unsettled: Letter[] = [];
  for (const [all, batch] of [
    [together, options.batch],
    [alone, 1],
  ] as const) {
    const outbox = new LettersToSend(all);
    if (!by.aborted) await dispatch(outbox, to, { ...options, batch }, counters).stop(by);
    unsettled.push(...outbox.unsettled);
  }
  return unsettled;
}

/** The destination, and what aborts when it has decided nothing for too long. */
function withPatience(
  destination: Destination,
  patience: Ms,
): { readonly patient: Destination; readonly given: AbortController } {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), patience);
  given.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  const patient: Destination = {
    name: destination.name,
    target: destination.target,
    async send(events, by) {
      const answer = await destination.send(events, by);
      if (answer.kind !== 'retry') timer.refresh();
      return answer;
    },
    stop: () => destination.stop(),
  };
  return { patient, given };
}
