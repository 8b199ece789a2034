import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { SavedGroup, SavedHead, SavedRepeat } from '../correlate/saved.ts';
import type { SavedStateHead, SnapshotTo } from '../correlate/window-state.ts';
import {
  type Head,
  type HeadSchema,
  PartSchema,
  type RuleGroupSchema,
} from '../gen/sidewatch/store/v1/store_pb.ts';
import type { Micros } from '../model/time.ts';
import { groupInit, groupOf, ruleSetInit, ruleSetOf } from './codec.ts';
import { ReadStrings, StringTable } from './string-table.ts';

/** Gathers what a snapshot saves, as parts of some groups each. */
export class PartsWriter implements SnapshotTo {
  #groups: MessageInitShape<typeof RuleGroupSchema>[] = [];
  #repeats = new Map<string, SavedRepeat[]>();
  #table = new StringTable();
  /** Groups and repeats that no part has yet. */
  waiting = 0;
  /** What comes is not wanted any more. */
  ended = false;

  group(rule: string, group: SavedGroup): void {
    if (this.ended) return;
    this.#groups.push(groupInit(rule, group, this.#table));
    this.waiting++;
  }

  repeat(rule: string, repeat: SavedRepeat): void {
    if (this.ended) return;
    const known = this.#repeats.get(rule);
    if (known) known.push(repeat);
    else this.#repeats.set(rule, [repeat]);
    this.waiting++;
  }

  /** All that was gathered since the last part. */
  part(head?: SavedStateHead): Uint8Array {
    const repeats = Array.from(this.#repeats, ([rule, all]) => ({
      rule,
      identities: all.map(({ identity }) => identity),
      until: all.map(({ until }) => until),
    }));
    const { strings } = this.#table;
    const part = { groups: this.#groups, repeats, strings, ...(head ? { head: headInit(head) } : {}) };
    this.#groups = [];
    this.#repeats = new Map();
    this.#table = new StringTable();
    this.waiting = 0;
    return toBinary(PartSchema, create(PartSchema, part));
  }
}

/** Takes what the parts of a snapshot hold. */
export interface SnapshotFrom {
  restoreHead(head: SavedStateHead): void;
  restoreGroup(rule: string, group: SavedGroup): void;
  restoreRepeat(rule: string, repeat: SavedRepeat): void;
}

/** Gives a part of a snapshot; the first one has the head. */
export function readPart(bytes: Uint8Array, to: SnapshotFrom): void {
  const { head, groups, repeats, strings } = fromBinary(PartSchema, bytes);
  const table = new ReadStrings(strings);
  if (head) to.restoreHead(headOf(head));
  for (const group of groups) to.restoreGroup(group.rule, groupOf(group, table));
  for (const { rule, identities, until } of repeats)
    for (const [i, identity] of identities.entries()) to.restoreRepeat(rule, { identity, until: until[i]! });
}

function headInit({
  clock,
  rules,
  limits,
  requests,
  heads,
}: SavedStateHead): MessageInitShape<typeof HeadSchema> {
  return {
    clock,
    set: ruleSetInit(rules, limits),
    requests: [...requests],
    rules: Array.from(heads, ([rule, { unnamed, payers = [], grace }]) => ({
      rule,
      unnamed,
      payers: [...payers],
      ...(grace ? { graceFrom: grace.from, graceUntil: grace.until } : {}),
    })),
  };
}

function headOf({ clock, set, requests, rules }: Head): SavedStateHead {
  if (!set) throw new Error('a snapshot without rules');
  const heads = rules.map(({ rule, unnamed, payers, graceFrom, graceUntil }): [string, SavedHead] => {
    const grace =
      graceFrom === undefined ? {} : { grace: { from: graceFrom as Micros, until: graceUntil as Micros } };
    return [rule, { unnamed, payers, ...grace }];
  });
  return {
    clock: clock as Micros,
    ...ruleSetOf(set),
    requests: requests.map(({ key, at, until }) => ({ key, at: at as Micros, until })),
    heads: new Map(heads),
  };
}
