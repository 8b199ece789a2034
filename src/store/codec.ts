import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { HeldHit } from '../correlate/held-hit.ts';
import type { Effects, Step } from '../correlate/journal.ts';
import type { Limits } from '../correlate/rule-windows.ts';
import type { SavedFigures, SavedGroup, SavedOpen, SavedState } from '../correlate/saved.ts';
import {
  type Block,
  BlockSchema,
  type Figures as FiguresMessage,
  type GroupValue,
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
  type Strings,
} from '../gen/sidewatch/store/v1/store_pb.ts';
import type { Hit, Values } from '../model/hit.ts';
import type { RiskEvent } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';

// Between what windows, journal and outbox hold, and the messages of proto/sidewatch/store. A shape that an earlier version would
// not understand is a new format of the file: sqlite/file-format.ts. What is not understood all the same is thrown.

/** A rule as it is stored: without its result filter, which is code. `filtered`: it had one. */
export type StoredRule = Omit<Rule, 'keep'> & { readonly filtered?: true };

export interface NotedStep {
  readonly step: Step;
  readonly effects: Effects;
}

/** One step as a field of a block: blocks are such fields, one after the other. */
export function encodeStep(step: Step, { dropped, room }: Effects): Uint8Array {
  const message = create(StepSchema, { what: whatOf(step), dropped: [...dropped], room: [...room] });
  return toBinary(StepSchema, message);
}

export function decodeBlock(bytes: Uint8Array): readonly NotedStep[] {
  const block: Block = fromBinary(BlockSchema, bytes);
  return block.steps.map((message) => ({ step: stepOf(message), effects: message }));
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

export function groupInit(rule: string, saved: SavedGroup): MessageInitShape<typeof RuleGroupSchema> {
  const { group, payer, recency, state } = saved;
  return { rule, group: group.map(groupValue), payer, recency, state: stateInit(state) };
}

export function groupOf(message: RuleGroup): SavedGroup {
  const { group, payer, recency } = message;
  return { group: group.map(textOf), payer, recency, state: stateOf(message) };
}

function whatOf(step: Step): NonNullable<MessageInitShape<typeof StepSchema>['what']> {
  switch (step.kind) {
    case 'hit':
      return { case: 'hit', value: hitInit(step.hit) };
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

function stepOf({ what }: StepMessage): Step {
  switch (what.case) {
    case 'hit':
      return { kind: 'hit', hit: hitOf(what.value) };
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

function hitInit(hit: Hit): MessageInitShape<typeof HitSchema> {
  const { identity, group, values, ...others } = hit;
  return {
    ...others,
    ...(identity === null ? {} : { identity }),
    group: group.map(groupValue),
    values: valuesInit(values),
  };
}

function hitOf(message: HitMessage): Hit {
  const { rule, fingerprint, input, record, at, arrived, lasting, group, payer, values } = message;
  return {
    rule,
    fingerprint,
    input,
    record,
    identity: message.identity ?? null,
    at: at as Micros,
    arrived: arrived as Micros,
    ...(lasting ? { lasting } : {}),
    group: group.map(textOf),
    payer,
    values: valuesOf(values),
  };
}

function heldInit({ at, identity, input, values, numbers }: HeldHit): MessageInitShape<typeof HeldHitSchema> {
  return {
    at,
    ...(identity === null ? {} : { identity }),
    input,
    values: valuesInit(values),
    numbers: [...numbers],
  };
}

const NO_NUMBERS: readonly number[] = [];

function heldOf({ at, identity, input, values, numbers }: HeldMessage): HeldHit {
  return {
    at: at as Micros,
    identity: identity ?? null,
    input,
    values: valuesOf(values),
    numbers: numbers.length === 0 ? NO_NUMBERS : numbers,
  };
}

function groupValue(text: string | null): { text?: string } {
  return text === null ? {} : { text };
}

function textOf({ text }: GroupValue): string | null {
  return text ?? null;
}

function valuesInit(values: Values): Record<string, { items: string[] }> {
  const init: Record<string, { items: string[] }> = {};
  for (const field in values) init[field] = { items: [...values[field]!] };
  return init;
}

function valuesOf(message: Readonly<Record<string, Strings>>): Values {
  const values: Record<string, readonly string[]> = {};
  for (const field in message) values[field] = message[field]!.items;
  return values;
}

function stateInit(state: SavedState): NonNullable<MessageInitShape<typeof RuleGroupSchema>['state']> {
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
              first: heldInit(first),
              ...(later ? { later: heldInit(later) } : {}),
            })),
          })),
          fired: [...state.fired],
          lapsed: [...state.lapsed],
          open: state.open.map(openInit),
        },
      };
    case 'judged':
      return {
        case: 'judged',
        value: {
          hits: state.hits.map(({ keys, held, arrived, resumed }) => ({
            keys: [...keys],
            held: heldInit(held),
            arrived,
            ...(resumed === undefined ? {} : { resumed }),
          })),
          judged: state.judged,
          refused: state.refused,
          fired: [...state.fired],
        },
      };
    case 'tumbling':
      return { case: 'tumbling', value: { open: state.open.map(openInit) } };
    case 'silence':
      return { case: 'silence', value: { last: hitInit(state.last), awaited: state.awaited } };
  }
}

function stateOf({ state }: RuleGroup): SavedState {
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
            first: heldOf(first!),
            ...(later ? { later: heldOf(later) } : {}),
          })),
        })),
        fired: fired.map(({ bucket, until, closed, passed }) => ({ bucket, until, closed, passed })),
        lapsed: lapsed.map(({ bucket, until }) => ({ bucket, until })),
        open: open.map(openOf),
      };
    }
    case 'judged': {
      const { hits, judged, refused, fired } = state.value;
      return {
        kind: 'judged',
        hits: hits.map(({ keys, held, arrived, resumed }) => ({
          keys,
          held: heldOf(held!),
          arrived: arrived as Micros,
          ...(resumed === undefined ? {} : { resumed: resumed as Micros }),
        })),
        judged,
        refused,
        fired: fired.map(({ bucket, until }) => ({ bucket, until })),
      };
    }
    case 'tumbling':
      return { kind: 'tumbling', open: state.value.open.map(openOf) };
    case 'silence':
      return { kind: 'silence', last: hitOf(state.value.last!), awaited: state.value.awaited };
    default:
      throw new Error('a group of the snapshot is of no known kind');
  }
}

function openInit({ number, closes, figures }: SavedOpen): MessageInitShape<typeof OpenFiguresSchema> {
  const { identities, hits, values, truncated, ...others } = figures;
  return {
    number,
    closes,
    figures: {
      ...others,
      identities: [...identities],
      hits: hits.map(({ key, hit }) => ({ key, hit: heldInit(hit) })),
      values: valuesInit(values),
      truncated: [...truncated],
    },
  };
}

function openOf({ number, closes, figures }: OpenFigures): SavedOpen {
  return { number, closes, figures: figuresOf(figures!) };
}

function figuresOf(message: FiguresMessage): SavedFigures {
  const { count, exact, first, last, identities, hits, values, truncated } = message;
  return {
    count,
    exact,
    first: first as Micros,
    last: last as Micros,
    identities,
    hits: hits.map(({ key, hit }) => ({ key, hit: heldOf(hit!) })),
    values: valuesOf(values),
    truncated,
  };
}
