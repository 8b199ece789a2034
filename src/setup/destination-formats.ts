import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { RecordOptions } from '../config/target.ts';
import { encodedRequest } from '../export/logs-request.ts';
import { type Fit, fitting } from '../formats/fitted-event.ts';
import type { Format } from '../formats/format.ts';
import { jsonLine, plainLines } from '../formats/json-lines.ts';
import { otlpLogRecords, sdkRecords } from '../formats/otlp-log-records.ts';
import { type PlainForm, plainOtel, stampedWhenSent } from '../formats/plain-record.ts';
import { version } from './version.ts';

/** What a destination over OTLP sends. */
export function otlpRecords(
  options: RecordOptions,
  isJson: boolean,
  onCut: () => void,
): Format<ReadableLogRecord[]> {
  const write = sdkRecords(version());
  const sizeOf: Fit['sizeOf'] = (record, observed) =>
    encodedRequest(write([record], observed), isJson).length;
  return otlpLogRecords(version(), formOf(options, { sizeOf, onCut }));
}

/** What is printed to stdout. */
export function consoleLines(options: RecordOptions, onCut: () => void): Format<string> {
  const sizeOf: Fit['sizeOf'] = (record) => Buffer.byteLength(jsonLine(record));
  return plainLines(formOf(options, { sizeOf, onCut }));
}

function formOf({ timestamp, bytesMax }: RecordOptions, fit: Omit<Fit, 'bytesMax'>): PlainForm {
  const form = fitting(plainOtel, { ...fit, bytesMax });
  return timestamp === 'observed' ? stampedWhenSent(form) : form;
}
