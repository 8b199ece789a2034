/** @typedef {string | number | boolean | undefined | ((event: Event) => void)} Property */

/**
 * An element of HTML. Text becomes text nodes, so nothing in it is ever markup. A function is a listener for the event that its
 * name says; true is an attribute without a value; false and undefined are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Property>} [properties]
 * @param {readonly (Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Text from the log: its direction does not leave its element.
 * @param {string} text
 */
export const isolated = (text) => element('bdi', {}, text);

/**
 * A link, or the text alone where there is no address.
 * @param {import('../html/page-data.ts').PageLink} link
 */
export const linked = ({ text, url }) =>
  url === undefined ? isolated(text) : element('a', { href: url, rel: 'noreferrer noopener' }, text);

/**
 * The value of a colour in page.css, for a canvas.
 * @param {string} name
 */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
