import type { RecordFormat, RecordOptions } from '../config/target.ts';
import { encodedRequest } from '../export/logs-request.ts';
import { type Fit, fitting } from '../formats/fitted-event.ts';
import type { Format } from '../formats/format.ts';
import { bodyLine, formLines, jsonLine } from '../formats/json-lines.ts';
import { ocsf } from '../formats/ocsf.ts';
import { otlpLogRecords, sdkRecords } from '../formats/otlp-log-records.ts';
import { type PlainForm, plainOtel, stampedWhenSent } from '../formats/plain-record.ts';
import { splunk } from '../formats/splunk.ts';
import { version } from './version.ts';

/** What a destination over OTLP sends. */
export function otlpRecords(
  options: RecordOptions,
  isJson: boolean,
  onCut: () => void,
): ReturnType<typeof otlpLogRecords> {
  const write = sdkRecords(version());
  const sizeOf: Fit['sizeOf'] = (record, observed) =>
    encodedRequest(write([record], observed), isJson).length;
  return otlpLogRecords(version(), formOf(options, { sizeOf, onCut }));
}

/** What is printed to stdout: records as JSON; a Detection Finding of OCSF by itself. */
export function consoleLines(options: RecordOptions, onCut: () => void): Format<string> {
  const line = options.format === 'ocsf' ? bodyLine : jsonLine;
  const sizeOf: Fit['sizeOf'] = (record) => Buffer.byteLength(line(record));
  return formLines(formOf(options, { sizeOf, onCut }), line);
}

const FORMS = {
  otel: () => plainOtel,
  splunk: (options) => splunk(options.splunk),
  ocsf: () => ocsf(version()),
} as const satisfies Record<RecordFormat, (options: RecordOptions) => PlainForm>;

function formOf(options: RecordOptions, fit: Omit<Fit, 'bytesMax'>): PlainForm {
  const { format, timestamp, bytesMax } = options;
  const form = fitting(FORMS[format](options), { ...fit, bytesMax });
  return timestamp === 'observed' ? stampedWhenSent(form) : form;
}
