import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { HeldHit } from '../correlate/held-hit.ts';
import type { Effects, Step } from '../correlate/journal.ts';
import type { Limits } from '../correlate/rule-windows.ts';
import type { SavedFigures, SavedGroup, SavedOpen, SavedState } from '../correlate/saved.ts';
import {
  type Block,
  BlockSchema,
  type Figures as FiguresMessage,
  type HeldHitSchema,
  type HeldHit as HeldMessage,
  type Hit as HitMessage,
  type HitSchema,
  type OpenFigures,
  type OpenFiguresSchema,
  RiskEventSchema,
  type RuleGroup,
  type RuleGroupSchema,
  type RuleSet,
  type RuleSetSchema,
  type Step as StepMessage,
  StepSchema,
} from '../gen/sidewatch/store/v1/store_pb.ts';
import type { Hit } from '../model/hit.ts';
import type { RiskEvent } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { ReadStrings, type StringTable } from './string-table.ts';

// Between what windows, journal and outbox hold, and the messages of proto/sidewatch/store. A shape that an earlier version would
// not understand is a new format of the file: sqlite/file-format.ts. What is not understood all the same is thrown.

/** A rule as it is stored: without its result filter, which is code. `filtered`: it had one. */
export type StoredRule = Omit<Rule, 'keep'> & { readonly filtered?: true };

export interface NotedStep {
  readonly step: Step;
  readonly effects: Effects;
}

/** One step of a block, whose texts are in its table. */
export function encodeStep(step: Step, { dropped, room }: Effects, table: StringTable): Uint8Array {
  const message = create(StepSchema, { what: whatOf(step, table), dropped: [...dropped], room: [...room] });
  return toBinary(StepSchema, message);
}

/** Steps and their texts as a block: its fields, one after the other. */
export function encodeBlock(steps: readonly Uint8Array[], strings: readonly string[]): Uint8Array {
  const texts = toBinary(BlockSchema, create(BlockSchema, { strings: [...strings] }));
  const all: Uint8Array[] = [];
  for (const step of steps) all.push(stepHead(step.length), step);
  return Buffer.concat([...all, texts]);
}

/** The tag of the field `steps` and the length of a step. */
function stepHead(length: number): Uint8Array {
  const head = [0x0a];
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  head.push(rest);
  return Uint8Array.from(head);
}

export function decodeBlock(bytes: Uint8Array): readonly NotedStep[] {
  const block: Block = fromBinary(BlockSchema, bytes);
  const strings = new ReadStrings(block.strings);
  return block.steps.map((message) => ({ step: stepOf(message, strings), effects: message }));
}

/** Written as JSON: its members are those of this version. */
export function encodeEvent(event: RiskEvent): Uint8Array {
  return toBinary(RiskEventSchema, create(RiskEventSchema, { json: JSON.stringify(event) }));
}

export function decodeEvent(bytes: Uint8Array): RiskEvent {
  return JSON.parse(fromBinary(RiskEventSchema, bytes).json) as RiskEvent;
}

export function ruleSetInit(rules: readonly Rule[], limits: Limits): MessageInitShape<typeof RuleSetSchema> {
  const stored = rules.map(({ keep, ...rule }): StoredRule => (keep ? { ...rule, filtered: true } : rule));
  return { rules: stored.map((rule) => JSON.stringify(rule)), limits };
}

export function ruleSetOf({ rules, limits }: RuleSet): { rules: readonly Rule[]; limits: Limits } {
  const { groups = 0, bytes = 0, values = 0 } = limits ?? {};
  return { rules: rules.map((json) => JSON.parse(json) as Rule), limits: { groups, bytes, values } };
}

export function groupInit(
  rule: string,
  saved: SavedGroup,
  table: StringTable,
): MessageInitShape<typeof RuleGroupSchema> {
  const { group, payer, overflow, recency, state } = saved;
  return {
    rule,
    group: table.places(group),
    payer: table.place(payer),
    ...(overflow && { overflow }),
    recency,
    state: stateInit(state, table),
  };
}

export function groupOf(message: RuleGroup, strings: ReadStrings): SavedGroup {
  const { group, payer, overflow, recency } = message;
  return {
    group: strings.texts(group),
    payer: strings.text(payer),
    ...(overflow === 'network' || overflow === 'all' ? { overflow } : {}),
    recency,
    state: stateOf(message, strings),
  };
}

function whatOf(step: Step, table: StringTable): NonNullable<MessageInitShape<typeof StepSchema>['what']> {
  switch (step.kind) {
    case 'hit':
      return { case: 'hit', value: hitInit(step.hit, table) };
    case 'use':
      return { case: 'use', value: ruleSetInit(step.rules, step.limits) };
    case 'close':
      return { case: 'close', value: step };
    case 'cut':
      return { case: 'cut', value: step };
    case 'expire':
      return { case: 'expire', value: step };
    case 'resume':
      return { case: 'resume', value: step };
  }
}

function stepOf({ what }: StepMessage, strings: ReadStrings): Step {
  switch (what.case) {
    case 'hit':
      return { kind: 'hit', hit: hitOf(what.value, strings) };
    case 'use':
      return { kind: 'use', ...ruleSetOf(what.value) };
    case 'close':
      return { kind: 'close', at: what.value.at as Micros, rule: what.value.rule };
    case 'cut': {
      const { at, rule, fingerprint } = what.value;
      return { kind: 'cut', at: at as Micros, rule, fingerprint };
    }
    case 'expire':
      return { kind: 'expire', at: what.value.at as Micros };
    case 'resume':
      return { kind: 'resume', from: what.value.from as Micros, at: what.value.at as Micros };
    default:
      throw new Error('a step of the journal is of no known kind');
  }
}

function hitInit(hit: Hit, table: StringTable): MessageInitShape<typeof HitSchema> {
  const { rule, fingerprint, input, record, identity, at, arrived, lasting, group, payer, values } = hit;
  return {
    rule: table.place(rule),
    fingerprint: table.place(fingerprint),
    input: table.place(input),
    record,
    ...(identity === null ? {} : { identity }),
    at,
    arrived,
    ...(lasting ? { lasting } : {}),
    group: table.places(group),
    payer: table.place(payer),
    values: table.values(values),
  };
}

function hitOf(message: HitMessage, strings: ReadStrings): Hit {
  const { record, at, arrived, lasting, group, payer, values } = message;
  return {
    rule: strings.text(message.rule),
    fingerprint: strings.text(message.fingerprint),
    input: strings.text(message.input),
    record,
    identity: message.identity ?? null,
    at: at as Micros,
    arrived: arrived as Micros,
    ...(lasting ? { lasting } : {}),
    group: strings.texts(group),
    payer: strings.text(payer),
    values: strings.values(values),
  };
}

function heldInit(
  { at, identity, input, values, numbers }: HeldHit,
  table: StringTable,
): MessageInitShape<typeof HeldHitSchema> {
  return {
    at,
    ...(identity === null ? {} : { identity }),
    input: table.place(input),
    values: table.values(values),
    numbers: [...numbers],
  };
}

const NO_NUMBERS: readonly number[] = [];

function heldOf({ at, identity, input, values, numbers }: HeldMessage, strings: ReadStrings): HeldHit {
  return {
    at: at as Micros,
    identity: identity ?? null,
    input: strings.text(input),
    values: strings.values(values),
    numbers: numbers.length === 0 ? NO_NUMBERS : numbers,
  };
}

function stateInit(
  state: SavedState,
  table: StringTable,
): NonNullable<MessageInitShape<typeof RuleGroupSchema>['state']> {
  switch (state.kind) {
    case 'sliding':
      return {
        case: 'sliding',
        value: {
          expires: state.expires,
          cells: state.cells.map(({ number, expires, entries }) => ({
            number,
            expires,
            entries: entries.map(({ key, first, later }) => ({
              key,
              first: heldInit(first, table),
              ...(later ? { later: heldInit(later, table) } : {}),
            })),
          })),
          fired: [...state.fired],
          lapsed: [...state.lapsed],
          open: state.open.map((open) => openInit(open, table)),
        },
      };
    case 'judged':
      return {
        case: 'judged',
        value: {
          hits: state.hits.map(({ keys, held, arrived, resumed }) => ({
            keys: [...keys],
            held: heldInit(held, table),
            arrived,
            ...(resumed === undefined ? {} : { resumed }),
          })),
          judged: state.judged,
          refused: state.refused,
          fired: [...state.fired],
        },
      };
    case 'tumbling':
      return { case: 'tumbling', value: { open: state.open.map((open) => openInit(open, table)) } };
    case 'silence':
      return { case: 'silence', value: { last: hitInit(state.last, table), awaited: state.awaited } };
  }
}

function stateOf({ state }: RuleGroup, strings: ReadStrings): SavedState {
  switch (state.case) {
    case 'sliding': {
      const { expires, cells, fired, lapsed, open } = state.value;
      return {
        kind: 'sliding',
        expires,
        cells: cells.map((cell) => ({
          number: cell.number,
          expires: cell.expires,
          entries: cell.entries.map(({ key, first, later }) => ({
            key,
            first: heldOf(first!, strings),
            ...(later ? { later: heldOf(later, strings) } : {}),
          })),
        })),
        fired: fired.map(({ bucket, until, closed, passed }) => ({ bucket, until, closed, passed })),
        lapsed: lapsed.map(({ bucket, until }) => ({ bucket, until })),
        open: open.map((open) => openOf(open, strings)),
      };
    }
    case 'judged': {
      const { hits, judged, refused, fired } = state.value;
      return {
        kind: 'judged',
        hits: hits.map(({ keys, held, arrived, resumed }) => ({
          keys,
          held: heldOf(held!, strings),
          arrived: arrived as Micros,
          ...(resumed === undefined ? {} : { resumed: resumed as Micros }),
        })),
        judged,
        refused,
        fired: fired.map(({ bucket, until }) => ({ bucket, until })),
      };
    }
    case 'tumbling':
      return { kind: 'tumbling', open: state.value.open.map((open) => openOf(open, strings)) };
    case 'silence':
      return { kind: 'silence', last: hitOf(state.value.last!, strings), awaited: state.value.awaited };
    default:
      throw new Error('a group of the snapshot is of no known kind');
  }
}

function openInit(
  { number, closes, figures }: SavedOpen,
  table: StringTable,
): MessageInitShape<typeof OpenFiguresSchema> {
  const { identities, hits, values, truncated, ...others } = figures;
  return {
    number,
    closes,
    figures: {
      ...others,
      identities: [...identities],
      hits: hits.map(({ key, hit }) => ({ key, hit: heldInit(hit, table) })),
      values: table.values(values),
      truncated: [...truncated],
    },
  };
}

function openOf({ number, closes, figures }: OpenFigures, strings: ReadStrings): SavedOpen {
  return { number, closes, figures: figuresOf(figures!, strings) };
}

function figuresOf(message: FiguresMessage, strings: ReadStrings): SavedFigures {
  const { count, exact, first, last, identities, hits, values, truncated } = message;
  return {
    count,
    exact,
    first: first as Micros,
    last: last as Micros,
    identities,
    hits: hits.map(({ key, hit }) => ({ key, hit: heldOf(hit!, strings) })),
    values: strings.values(values),
    truncated,
  };
}
