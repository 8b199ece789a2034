import { optionTable } from '../../src/config/option-table.ts';
import { table } from '../support/markdown.ts';

/** At so many events a second, with a store. MB. */
export interface Loaded {
  readonly rate: number;
  readonly cores: number;
  readonly rss: number;
  readonly peak: number;
  readonly store: number;
}

/** What `npm run sizing` measures: MB, but bytes for a group and for a waiting risk event. */
export interface Sizes {
  readonly machine: string;
  readonly rest: number;
  readonly restWithoutPlaces: number;
  readonly ipv6: number;
  readonly group: number;
  readonly groupOfSix: number;
  readonly waiting: number;
  readonly loaded: readonly Loaded[];
  readonly full: { readonly perCpuSecond: number; readonly peak: number };
}

const MIB = 2 ** 20;
/** Room for bursts, and for a machine that is slower than this one. */
const TWICE = 2;
const CPU_STEP = 50;
const CPU_LEAST = 100;
const MEMORY_STEP = 64;
/** What commits leave before they reach the file. */
const WAL_MIB = 64;

const limit = (key: string): number => Number(optionTable().find((option) => option.key === key)!.default);
const STATE_MIB = limit('limits.state_mib');
const REQUESTS_MIB = limit('limits.requests_mib');
const QUEUE = limit('destinations.<name>.sending_queue.queue_size');
const EVENT_KIB = limit('destinations.<name>.max_event_kib');
const LETTERS_MIB = limit('delivery.max_dead_letters_mib');

const upTo = (value: number, step: number): number => Math.ceil(value / step) * step;
const mb = (value: number): string => `${Math.round(value)} MB`;
const bytes = (value: number): string => Math.round(value).toLocaleString('en');

export const cpuRequest = (cores: number): number =>
  Math.max(CPU_LEAST, upTo(cores * TWICE * 1000, CPU_STEP));

/** All bounds reached at once. A limit of memory is a question of what may come, not of the usual rate. */
export const memoryLimit = ({ rest, ipv6, waiting }: Pick<Sizes, 'rest' | 'ipv6' | 'waiting'>): number =>
  upTo(((rest + ipv6) * 1e6 + QUEUE * waiting) / MIB + STATE_MIB + REQUESTS_MIB, MEMORY_STEP);

/** As docs/storage.md adds it up, and rounded to whole gibibytes. */
export const volume = (): number =>
  Math.ceil((4 * STATE_MIB + WAL_MIB + (QUEUE * EVENT_KIB) / 1024 + LETTERS_MIB) / 1024);

const BEGIN = '<!-- made by `npm run sizing -- --write` -->';
const END = '<!-- end of sizing -->';

/** The block of docs/performance.md. */
export function sizingBlock(sizes: Sizes): string {
  const { machine, rest, restWithoutPlaces, ipv6, group, groupOfSix, waiting, loaded, full } = sizes;
  const parts = table(
    ['part', 'size', 'key'],
    [
      [
        'the process at rest, with the default pack and the IPv4 place file',
        mb(rest),
        `\`geo: {city: none}\` saves ${Math.round(rest - restWithoutPlaces)}`,
      ],
      ['the IPv6 place file, from the first IPv6 client on', mb(ipv6), 'the same'],
      [
        `windows: ${bytes(group)} bytes for a group of one hit, ${bytes(groupOfSix)} for one of six`,
        `up to ${STATE_MIB} MiB`,
        '`limits.state_mib`; [what a group costs](windows.md#what-a-window-costs)',
      ],
      [
        `risk events that wait: ${bytes(waiting)} bytes each`,
        `up to ${mb((QUEUE * waiting) / 1e6)}`,
        `\`destinations.<name>.sending_queue.queue_size\`, ${bytes(QUEUE)}`,
      ],
      [
        'requests under way',
        `up to ${REQUESTS_MIB} MiB`,
        '`limits.requests_mib`, at least one largest request (64 MiB)',
      ],
    ],
    ['left', 'right', 'left'],
  );
  const rates = table(
    [
      'events a second',
      'CPU used',
      'CPU request',
      'memory in use',
      'memory limit',
      'store after it',
      'volume',
    ],
    loaded.map(({ rate, cores, peak, store }) => [
      bytes(rate),
      `${Math.round(cores * 1000)}m`,
      `${cpuRequest(cores)}m`,
      mb(peak),
      `${memoryLimit(sizes)} MiB`,
      `${store.toFixed(1)} MB`,
      `${volume()} GiB`,
    ]),
    ['right', 'right', 'right', 'right', 'right', 'right', 'right'],
  );
  return `${BEGIN}

${machine}.

${parts}
The production mix (a cluster of 300 nodes with scans in it, Metadata) with a store on disk, at a steady rate, a request each 200 ms:

${rates}
As fast as it goes: ${bytes(Math.round(full.perCpuSecond / 1000) * 1000)} events for a second of CPU, ${mb(full.peak)}. The request of CPU is twice what was used, and ${CPU_LEAST}m at least; the limit of memory is the sum of all parts, rounded up to ${MEMORY_STEP} MiB; the volume is [the sum](storage.md#how-large-it-becomes) in whole GiB.

${END}`;
}

/** The page with the block in place of the former one. */
export function withSizing(page: string, block: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has no block for the figures');
  return page.slice(0, begin) + block + page.slice(end + END.length);
}
