import type { SigmaDetection } from '../detection/detection.ts';
import type { FindingReport } from '../source/findings.ts';
import type { Lists } from '../source/value-lists.ts';
import type { Correlation } from './correlation.ts';
import type { Extension } from './extension.ts';
import type { Head } from './head.ts';
import type { Logsource } from './logsource.ts';

export interface Placed {
  readonly ruleset: string;
  /** file:line where the document begins. */
  readonly source: string;
  readonly report: FindingReport;
  readonly lists: Lists;
}

/** A document whose own parts are good. What it says of others is checked when all are read. */
export type SigmaDocument = Placed & { readonly head: Head } & (
    | {
        readonly kind: 'base';
        readonly logsource: Logsource;
        /** Of a rule about other logs: why it is off. Its detection may be broken: then nothing passes it. */
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

/** A document with something wrong in it. Its names are kept so that those who refer to it are not blamed too. */
export interface BrokenDocument {
  readonly kind: 'broken';
  readonly names: readonly string[];
}
