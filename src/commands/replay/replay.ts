import type { Config } from '../../config/schema.ts';
import { MemoryState } from '../../correlate/memory-state.ts';
import { plainText } from '../../lib/text.ts';
import type { Idle } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { createCounters, type ReadableCounters } from '../../ops/counters.ts';
import { toLine } from '../../risk/json.ts';
import { renderer } from '../../risk/render.ts';
import { loadDetector } from '../detector.ts';
import { printer } from '../printer.ts';
import { limitsOf, settingsFor } from '../settings.ts';
import { merged } from './merge.ts';
import { play } from './play.ts';
import { progressBar } from './progress.ts';
import { hitsOf } from './recording.ts';
import { table } from './table.ts';

export interface ReplayOptions {
  readonly config?: string;
  readonly packs?: Config['rules']['packs'];
  readonly rules?: readonly string[];
  readonly cluster?: string;
  readonly output: 'table' | 'json';
  readonly failOnDetection?: boolean;
}

const EXIT_DETECTED = 3;

/** Where results go, and what is said beside them. */
export interface ReplayIo {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Runs the rules over recorded logs in event time. Resolves with the exit code. */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  { out, err }: ReplayIo = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const { config, resource } = settingsFor(options.config);
  const report = (text: string) => err.write(`${plainText(text)}\n`);
  const write = printer(out);
  const counters = createCounters();
  const loaded = loadDetector(
    {
      ...config,
      rules: {
        ...config.rules,
        packs: options.packs ?? config.rules.packs,
        files: [...config.rules.files, ...(options.rules ?? [])],
      },
    },
    counters,
  );
  for (const { where, message } of loaded.warnings) report(`${where}  warning: ${message}`);
  // A table shows final counts, so a rule that fires at once gets a summary too.
  const rules = options.output === 'table' ? loaded.rules.map(withSummary) : loaded.rules;
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: ['replay'],
    outbox: config.delivery.outbox,
  });
  await state.use(rules, renderer(rules, resource, counters));

  const shown: RiskEvent[] = [];
  const detections = new Set<string>();
  const take = async (events: readonly RiskEvent[]) => {
    for (const event of events) {
      if (event.detection.kind === 'risk') detections.add(event.detection.id);
      if (options.output === 'table') shown.push(event);
      else await write(toLine(event));
    }
  };

  const tally = { lines: 0, malformed: 0 };
  const idle: Idle = (...hit) => state.idle(...hit);
  const bar = progressBar(files, err);
  const sources = files.map((file) =>
    hitsOf(file, loaded.detector, counters, {
      cluster: options.cluster,
      tally,
      progress: bar.add,
      report,
      idle,
    }),
  );
  try {
    await play(merged(sources), state, 'replay', config.delivery.batch, take);
  } finally {
    bar.stop();
  }
  if (shown.length > 0) await write(table(shown, rules));
  report(summary(files.length, tally, counters, detections.size));
  return options.failOnDetection && detections.size > 0 ? EXIT_DETECTED : 0;
}

const withSummary = (rule: Rule): Rule => (rule.emit === 'crossing' ? { ...rule, emit: 'both' } : rule);

function summary(
  files: number,
  { lines, malformed }: { lines: number; malformed: number },
  counters: ReadableCounters,
  detections: number,
): string {
  const parts = [
    `${files} ${files === 1 ? 'file' : 'files'}, ${lines} lines: ${counters.total('events')} audit events`,
    `${malformed} malformed`,
    `${counters.total('records_passed_by')} other`,
  ];
  return `${parts.join(', ')}; ${detections} ${detections === 1 ? 'detection' : 'detections'}`;
}
