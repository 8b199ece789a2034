import { writeFileSync } from 'node:fs';
import { sidewatch } from './sidewatch.ts';

// README.md shows what the demo prints as a picture, docs/demo.svg. `npm run demo:svg` draws it; test/e2e/demo.test.ts finds one
// that is out of date.

export const DEMO_SVG = new URL('../../docs/demo.svg', import.meta.url);
export const DRAW = 'npm run demo:svg';

const COLUMNS = 116;
/** A picture that is longer fills more than a screen. */
const ROWS = 36;
/** In pixels. A glyph of a monospace font is about 0.6 of the font's size wide. */
const [FONT, LINE, MARGIN, BAR] = [12, 18, 18, 34];
const WIDTH = Math.ceil(COLUMNS * FONT * 0.61) + 2 * MARGIN;
/** In seconds: between two steps of the demo. */
const PACE = 1.2;

const PROMPT = '$ npm run demo';

/**
 * The picture of a terminal in which the demo ran. The same for every run: ports are fixed, and there is no time of now in what
 * the demo prints. It ends before the demo's fifth step.
 */
export function demoSvg(out: string): string {
  const steps = stepsOf(out);
  let row = 0;
  const drawn = steps.map((lines, step) => {
    const texts = lines.map((line) => {
      const y = BAR + MARGIN + row++ * LINE;
      return line === '' ? '' : `<text x="${MARGIN}" y="${y}">${styled(line)}</text>\n`;
    });
    return `<g style="animation-delay:${(step * PACE).toFixed(1)}s">\n${texts.join('')}</g>\n`;
  });
  return svg(BAR + row * LINE + MARGIN, steps.flat(), drawn.join(''));
}

/** The lines of the picture by the demo's steps, the prompt first. */
function stepsOf(out: string): string[][] {
  const steps = [[PROMPT, '']];
  let rows = 2;
  for (const line of withoutPorts(out).split('\n')) {
    const wrapped = wrap(line);
    rows += wrapped.length;
    if (line.startsWith('5. ') || rows > ROWS) break;
    if (/^\d\. /.test(line)) steps.push([]);
    steps.at(-1)!.push(...wrapped);
  }
  return [...steps, ['...']];
}

/** The demo takes free ports. */
const withoutPorts = (out: string): string => {
  const ports = [...new Set(Array.from(out.matchAll(/127\.0\.0\.1:(\d+)/g), ([, port]) => port!))];
  return out.replaceAll(/(127\.0\.0\.1:)(\d+)/g, (_, host, port) => `${host}${40_001 + ports.indexOf(port)}`);
};

/** Breaks a line at blanks. What follows is indented as its text is, behind a label if it has one. */
function wrap(line: string): string[] {
  const indent = ' '.repeat(/^(?: +\S+(?: \S+)* {2,}| *(?:\d\. )?)/.exec(line)![0].length);
  const rows = [];
  for (let rest = line; ; ) {
    const end = rest.length <= COLUMNS ? -1 : rest.lastIndexOf(' ', COLUMNS);
    if (end <= indent.length) return [...rows, rest];
    rows.push(rest.slice(0, end));
    rest = indent + rest.slice(end + 1);
  }
}

function styled(line: string): string {
  const [, step = '', text = ''] = /^(\d\.|\$)( .*)$/.exec(line) ?? [];
  if (step !== '') return `${span('step', step)}${escaped(text)}`;
  const [, label = '', value = ''] = /^( {3}\S+(?: \S+)?) {2,}(\S.*)$/.exec(line) ?? [];
  if (label === '') return escaped(line);
  const gap = line.slice(label.length, line.length - value.length);
  const strong = label === '   message' || label === '   risk score';
  return `${span('label', label)}${gap}${strong ? span('strong', value) : escaped(value)}`;
}

const span = (name: string, text: string): string => `<tspan class="${name}">${escaped(text)}</tspan>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Without CSS, and for who wants less motion, everything is there at once. */
const STYLE = `
svg { color-scheme: light dark; --back: #ffffff; --bar: #eaeef2; --edge: #d0d7de; --text: #1f2328; --label: #57606a; --step: #0550ae; --strong: #a40e26 }
@media (prefers-color-scheme: dark) {
  svg { --back: #0d1117; --bar: #161b22; --edge: #30363d; --text: #e6edf3; --label: #9198a1; --step: #79c0ff; --strong: #ff9492 }
}
.window { fill: var(--back); stroke: var(--edge) }
.bar { fill: var(--bar) }
text { fill: var(--text); white-space: pre; font: ${FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace }
.label, .title { fill: var(--label) }
.step { fill: var(--step); font-weight: bold }
.strong { fill: var(--strong); font-weight: bold }
@keyframes show { from { opacity: 0 } to { opacity: 1 } }
@media (prefers-reduced-motion: no-preference) { g { animation: show 0.3s both } }
`;

const svg = (height: number, lines: readonly string[], drawn: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title text">
<!-- Made from what the demo prints: ${DRAW} -->
<title id="title">What the demo of Sidewatch prints</title>
<desc id="text">${escaped(lines.join('\n'))}</desc>
<style>${STYLE}</style>
<rect class="window" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<path class="bar" d="M1 ${BAR - 10}V9a8 8 0 0 1 8-8h${WIDTH - 18}a8 8 0 0 1 8 8v${BAR - 19}z"/>
<text class="title" x="${WIDTH / 2}" y="17" text-anchor="middle">sidewatch</text>
${drawn}</svg>
`;

if (import.meta.main) {
  const { code, out, err } = await sidewatch(['demo']);
  if (code === 0) writeFileSync(DEMO_SVG, demoSvg(out));
  else process.stderr.write(`the demo failed, and docs/demo.svg is as it was:\n${out}${err}`);
  process.exitCode = code ?? 1;
}
