/** One sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,?)/y;
const VALUE = / ([+-]?(?:Inf|NaN|\d+(?:\.\d+)?(?:e[+-]?\d+)?))$/iy;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/**
 * Reads the text format of Prometheus, version 0.0.4, and throws for whatever is not in it: a family without HELP and TYPE
 * before its samples or in two places, a sample that is there twice, a name or a label that is none, a broken escape.
 */
export function samplesOf(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const samples: Sample[] = [];
  const families = new Map<string, string>();
  const seen = new Set<string>();
  let family = '';
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is in two places`);
      families.set(name, '');
      family = name;
    } else if (kind === 'TYPE') {
      if (name !== family || families.get(name) !== '') throw new Error(`TYPE of ${name} is out of place`);
      if (!/^(counter|gauge|histogram)$/.test(rest)) throw new Error(`${name} has the type ${rest}`);
      families.set(name, rest);
    } else if (line.startsWith('#')) {
      throw new Error(`a comment: ${line}`);
    } else if (line !== '') {
      const sample = sampleOf(line);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(key)) throw new Error(`${line} is there twice`);
      seen.add(key);
      const type = families.get(family);
      const own = type === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name;
      if (own !== family || !type) throw new Error(`${line} does not belong to ${family}`);
      if (type === 'counter' && !own.endsWith('_total'))
        throw new Error(`${own} is a counter without _total`);
      samples.push(sample);
    }
  }
  return samples;
}

function sampleOf(line: string): Sample {
  const fail = (): never => {
    throw new Error(`not a sample: ${line}`);
  };
  NAME.lastIndex = 0;
  const [name] = NAME.exec(line) ?? fail();
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      LABEL.lastIndex = at;
      const [all, label, value, comma] = LABEL.exec(line) ?? fail();
      if (Object.hasOwn(labels, label!)) fail();
      labels[label!] = value!.replace(/\\[\\"n]/g, (pair) => ESCAPES[pair]!);
      at += all!.length;
      if (comma === '' && line[at] !== '}') fail();
    }
    at++;
  }
  VALUE.lastIndex = at;
  const [, value] = VALUE.exec(line) ?? fail();
  return { name, labels, value: Number(value!.replace('Inf', 'Infinity')) };
}
