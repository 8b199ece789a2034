import { expect, test } from 'vitest';
import type { ReadReport } from '../../../src/model/event.ts';
import { ignoredRecords } from '../../../src/serve/ignored-records.ts';

function watched() {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  const said = () => lines.splice(0);
  return { ...ignoredRecords({ info: write, warn: write, error: write }), said };
}

const report = (events: number, passedBy: ReadReport['passedBy'], look = 'text that begins with digits') => ({
  records: events + Object.values(passedBy).reduce((sum, count) => sum + count, 0),
  events,
  passedBy,
  looks: Object.fromEntries(Object.keys(passedBy).map((kind) => [kind, look])),
  rejected: 0,
  slow: {},
});

test('while no event has come it is logged at once, then once a minute with what is new', () => {
  const { seen, minute, said } = watched();
  seen(report(0, { text: 2 }));
  expect(said()).toEqual([
    'no audit event has come yet: 2 of 2 records were ignored (2 text, the last one text that begins with digits): ' +
      'the body must be the JSON of an audit event; which log does the collector read? ' +
      'see "Records are ignored" in docs/troubleshooting.md',
  ]);
  seen(report(0, { text: 1 }));
  seen(report(0, { json: 4 }, 'a JSON object without auditID'));
  expect(said()).toEqual([]);
  minute();
  expect(said()).toEqual([
    expect.stringMatching(
      /^no audit event has come yet: 5 of 5 records were ignored \(4 json, the last one a JSON object without auditID; 1 text, /,
    ),
  ]);
  minute();
  expect(said()).toEqual([]);
  seen(report(3, {}));
  expect(said()).toEqual(['the first audit event has arrived']);
});

test('nothing is logged where events come and some records are of another kind', () => {
  const { seen, minute, said } = watched();
  seen(report(5, { text: 1 }));
  for (let i = 0; i < 50; i++) seen(report(2, { json: 2 }));
  minute();
  minute();
  expect(said()).toEqual([]);
});

test('that most records are of another kind is logged as soon as that is no chance, then once a minute until it ends', () => {
  const { seen, minute, said } = watched();
  seen(report(10, {}));
  seen(report(0, { empty: 30 }, 'an empty body'));
  expect(said()).toEqual([]);
  seen(report(0, { empty: 60 }, 'an empty body'));
  expect(said()).toEqual([
    expect.stringMatching(/^most records are no audit events: 90 of 100 records were ignored/),
  ]);
  seen(report(0, { empty: 1 }, 'an empty body'));
  minute();
  expect(said()).toEqual([expect.stringMatching(/^most records are no audit events: 1 of 1 records/)]);
  seen(report(10, { empty: 1 }));
  minute();
  seen(report(0, { own: 99 }, "Sidewatch's own risk events"));
  minute();
  expect(said()).toEqual([expect.stringMatching(/risk events of Sidewatch come back to it/)]);
});
