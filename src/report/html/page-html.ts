import { createHash } from 'node:crypto';
import type { PageData } from './page-data.ts';
import { pageFiles } from './page-files.ts';

/** A report as one file: it loads nothing, and runs no script but its own. */
export function pageHtml(data: PageData): string {
  const { scripts, style } = pageFiles();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts, style)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sidewatch report</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header><h1>Sidewatch report</h1></header>
<main><noscript><p>This report needs JavaScript. It loads nothing from elsewhere.</p></noscript></main>
<script type="application/json" id="data">${inScript(data)}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

/** Only what has these hashes runs. */
function policy(scripts: readonly string[], style: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hash).join(' ')}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** JSON that nothing in an HTML file takes for markup or for the end of a line. */
const inScript = (data: PageData): string =>
  JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
