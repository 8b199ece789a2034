import type { SigmaDetection } from '../detection/detection.ts';
import type { FindingReport } from '../source/rule-findings.ts';
import type { Lists } from '../source/value-lists.ts';
import type { Correlation } from './correlation.ts';
import type { Extension } from './extension.ts';
import type { Head } from './head.ts';
import type { Logsource } from './logsource.ts';

export interface DocumentContext {
  readonly ruleset: string;
  /** file:line where the document begins. */
  readonly source: string;
  readonly report: FindingReport;
  readonly lists: Lists;
}

/** A valid document. Its references to others are checked when all are read. */
export type SigmaDocument = DocumentContext & { readonly head: Head } & (
    | {
        readonly kind: 'base';
        readonly logsource: Logsource;
        /** For a rule about other logs: why it is off. Its detection may be broken; then it matches nothing. */
        readonly foreign?: string;
        readonly detection: SigmaDetection;
        readonly extension: Extension | undefined;
      }
    | {
        readonly kind: 'correlation';
        readonly correlation: Correlation;
        readonly extension: Extension | undefined;
      }
    | {
        readonly kind: 'filter';
        readonly logsource: Logsource;
        readonly detection: SigmaDetection;
        /** Ids or names of rules; all of them where the filter says `any`. */
        readonly rules: readonly string[] | 'any';
      }
  );

export type BaseDocument = SigmaDocument & { readonly kind: 'base' };
export type CorrelationDocument = SigmaDocument & { readonly kind: 'correlation' };
export type FilterDocument = SigmaDocument & { readonly kind: 'filter' };
export type RuleDocument = BaseDocument | CorrelationDocument;

/** A document with an error. Its names are kept, so that references to it are not reported too. */
export interface BrokenDocument {
  readonly kind: 'broken';
  readonly names: readonly string[];
  /** The rules that fire only for it, as far as it is known. */
  readonly counts: readonly string[];
}
