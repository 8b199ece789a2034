/** @import { LiveState } from '../live-shape.ts' */
/** @import { Shown } from './tables.js' */
import { element } from './dom.js';
import { readStream } from './stream.js';
import {
  boundTable,
  clusterTable,
  destinationTable,
  lossTable,
  mebibytes,
  numberText,
  riskTable,
  ruleTable,
  warmingTable,
} from './tables.js';

/** Risk events that are shown. */
const EVENTS_MAX = 200;
const RETRY = 2000;

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * What each place shows, as JSON: what has not changed stays, and with it what somebody has marked.
 * @type {Map<string, string>}
 */
const shown = new Map();

/**
 * @template T
 * @param {string} id
 * @param {T} value
 * @param {(value: T) => Node} made
 */
function show(id, value, made) {
  const key = JSON.stringify(value);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  byId(id).replaceChildren(made(value));
}

/** @type {Shown[]} */
const events = [];
let dropped = 0;
let lastDetection = '';
let drawing = false;

/** One row for each detection, as `sidewatch tail` has it. @param {Shown} event */
function addEvent(event) {
  const id = String(event.attributes['sidewatch.detection.id']);
  if (event.eventName === 'sidewatch.summary' || id === lastDetection) return;
  lastDetection = id;
  events.unshift(event);
  if (events.length > EVENTS_MAX) {
    events.pop();
    dropped++;
  }
  if (drawing) return;
  drawing = true;
  // A flood is drawn four times a second.
  setTimeout(() => {
    drawing = false;
    byId('risk').replaceChildren(riskTable(events));
    if (dropped > 0)
      byId('risk-note').textContent =
        `The latest ${EVENTS_MAX}; ${numberText(dropped)} before them are not shown any more.`;
  }, 250);
}

/** @type {LiveState | undefined} */
let before;

/**
 * @param {LiveState} state
 * @param {'events' | 'requests' | 'matches'} of
 */
function rate(state, of) {
  if (before === undefined || state.at <= before.at || state.totals[of] < before.totals[of]) return '';
  return numberText(((state.totals[of] - before.totals[of]) * 1000) / (state.at - before.at));
}

/** @param {LiveState} state */
function showState(state) {
  const memory = state.bounds[0];
  const figures = /** @type {const} */ ([
    ['Ready', state.ready ? 'yes' : `no: ${state.reasons.join('; ')}`],
    ['Events / s', rate(state, 'events')],
    ['Requests / s', rate(state, 'requests')],
    ['Matches / s', rate(state, 'matches')],
    ['Events', numberText(state.totals.events)],
    ['Detections', numberText(state.totals.detections)],
    ['Open groups', numberText(state.groups)],
    ['Windows hold', memory === undefined ? '' : mebibytes(memory.used)],
  ]);
  byId('headline').replaceChildren(
    ...figures.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
  show('warming', state.warming, warmingTable);
  show('destinations', state.destinations, destinationTable);
  show('bounds', state.bounds, boundTable);
  show('losses', state.losses, lossTable);
  show('clusters', state.clusters, clusterTable);
  show('rules', state.rules, ruleTable);
  before = state;
}

/**
 * @param {string} text
 * @param {boolean} lost
 */
function say(text, lost) {
  const line = byId('connection');
  line.textContent = text;
  line.classList.toggle('lost', lost);
}

const form = /** @type {HTMLFormElement} */ (byId('token'));
const field = /** @type {HTMLInputElement} */ (byId('token-text'));
/**
 * Kept in this page alone.
 * @type {string | undefined}
 */
let token;

function connect() {
  void readStream(token, {
    opened() {
      form.hidden = true;
      say('Connected', false);
    },
    event(name, data) {
      if (name === 'risk') addEvent(JSON.parse(data).event);
      else if (name === 'state') showState(JSON.parse(data));
    },
    ended(why) {
      before = undefined;
      say(`Not connected (${why}). Trying again; what fires until then is not shown.`, true);
      setTimeout(connect, RETRY);
    },
    unauthorized() {
      say(token === undefined ? 'Not connected' : 'The token is not accepted.', true);
      token = undefined;
      form.hidden = false;
      field.focus();
    },
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  token = field.value.trim();
  field.value = '';
  connect();
});

byId('risk').replaceChildren(riskTable(events));
connect();
