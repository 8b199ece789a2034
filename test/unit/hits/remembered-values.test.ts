import { expect, test } from 'vitest';
import { RememberedValues } from '../../../src/hits/remembered-values.ts';
import type { Derived, EventReader, RepeatingSet, ValueMemo } from '../../../src/model/event.ts';

/** An event with a memo for each set, or with none. */
function anEvent(memos?: Readonly<Record<RepeatingSet, ValueMemo>>): EventReader {
  return { memo: (set: RepeatingSet) => memos?.[set] } as EventReader;
}

const memo = (): ValueMemo => ({
  asked: 0,
  generation: 0,
  answers: undefined,
  row: undefined,
  shown: undefined,
});

function remembering() {
  const derived = { generation: 0 };
  const remembered = new RememberedValues(derived as Derived);
  const asked: string[] = [];
  const asking = (field: string, way = 'values') =>
    remembered.of(field, way, () => {
      asked.push(field);
      return [field];
    });
  return { derived, remembered, asked, asking };
}

test('a field of a set is asked once for events that are alike; another field each time', () => {
  const { remembered, asked, asking } = remembering();
  const [agent, uri] = [asking('userAgent'), asking('requestURI')];
  const event = anEvent({ client: memo(), request: memo() });
  for (let i = 0; i < 3; i++) {
    remembered.begin(event);
    expect([agent(event), uri(event)]).toEqual([['userAgent'], ['requestURI']]);
  }
  expect(asked).toEqual(['userAgent', 'requestURI', 'requestURI', 'requestURI']);
});

test('rules that show a field in one way share its answer: what is kept does not grow with them', () => {
  const { remembered, asked, asking } = remembering();
  const rules = Array.from({ length: 500 }, () => asking('verb'));
  const otherwise = asking('verb', 'folded');
  const memos = { client: memo(), request: memo() };
  const event = anEvent(memos);
  remembered.begin(event);
  for (const rule of rules) rule(event);
  otherwise(event);
  expect(asked).toEqual(['verb', 'verb']);
  expect(memos.request.shown!.answers).toHaveLength(2);
});

test('places of other files, and another maker of hits, ask again', () => {
  const one = remembering();
  const other = remembering();
  const event = anEvent({ client: memo(), request: memo() });
  const [address, othersAddress] = [one.asking('client.address'), other.asking('client.address')];
  const ask = () => {
    one.remembered.begin(event);
    address(event);
  };
  ask();
  one.derived.generation++;
  ask();
  other.remembered.begin(event);
  othersAddress(event);
  ask();
  ask();
  expect([one.asked.length, other.asked.length]).toEqual([3, 1]);
});

test('an event without memos is asked each time', () => {
  const { remembered, asked, asking } = remembering();
  const verb = asking('verb');
  const event = anEvent();
  for (let i = 0; i < 2; i++) {
    remembered.begin(event);
    verb(event);
  }
  expect(asked).toHaveLength(2);
});
