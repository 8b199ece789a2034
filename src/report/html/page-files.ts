import { readFileSync } from 'node:fs';

/** The scripts of the page, each after those that it imports. */
const SCRIPTS = [
  'dom.js',
  'times.js',
  'chart-frame.js',
  'shown.js',
  'timeline.js',
  'score-chart.js',
  'evidence.js',
  'detection-rows.js',
  'filters.js',
  'report.js',
];

const IMPORT = /^import [^;]*? from '\.\/([\w-]+\.js)';\n/gm;

export interface PageFiles {
  /** uPlot with its licence, and the scripts of the page as one. */
  readonly scripts: readonly string[];
  readonly style: string;
}

/** What a page that stands by itself embeds. */
export function pageFiles(): PageFiles {
  return {
    scripts: [
      `/*\n${ofPackage('LICENSE')}*/\n${ofPackage('dist/uPlot.iife.min.js')}`,
      oneScript(SCRIPTS, ofPage),
    ],
    style: `${ofPackage('dist/uPlot.min.css')}\n${ofPage('page.css')}`,
  };
}

/** Modules as one script: their names share a scope, so no two may be the same. */
export function oneScript(names: readonly string[], read: (name: string) => string): string {
  const parts = names.map((name, i) => {
    const source = read(name);
    for (const [, imported] of source.matchAll(IMPORT))
      if (!names.slice(0, i).includes(imported!)) throw new Error(`${name} comes before ${imported}`);
    return source.replace(IMPORT, '').replace(/^export (?=const|function)/gm, '');
  });
  return `(() => {\n'use strict';\n${parts.join('\n')}})();`;
}

const ofPage = (name: string): string => readFileSync(new URL(`../page/${name}`, import.meta.url), 'utf8');
const ofPackage = (name: string): string =>
  readFileSync(new URL(import.meta.resolve(`uplot/${name}`)), 'utf8');
