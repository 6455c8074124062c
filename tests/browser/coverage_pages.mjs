// The pages that a recording must show again as they were. One entry a page:
//
//   name      says what it is about
//   body      what the page holds when recording begins; `head` goes before the widget's script;
//             `html` replaces the whole text of the page, with {{widget}} where the script belongs
//   mid, end  run in the page, one after the other: what happens after recording began. They may be
//             async. The page is compared with its replay after each of the two
//   user      `{mid?, end?}`: a person's own doing, given puppeteer's page, after the function of that name
//   files     what else the server has, by path
//   engines   the engines that can do it (default: both)
//   tolerance share of pixels that may differ (default 0.01)
//   except    lines of the digest that rrweb has no word for, on either side
//   config    of the widget (default: privacy level none)
//   type      the page's media type, when it is not HTML
//
// Everything a page shows should be large and of one colour where it can be: pixels are compared.

/**
 * @typedef {object} CoveragePage
 * @property {string} name
 * @property {string} [head] @property {string} [body] @property {string} [html]
 * @property {() => any} [mid] @property {() => any} [end]
 * @property {{mid?: (page: import('puppeteer-core').Page) => Promise<any>, end?: (page: import('puppeteer-core').Page) => Promise<any>}} [user]
 * @property {Record<string, import('./harness.mjs').Page>} [files]
 * @property {('chromium' | 'firefox')[]} [engines]
 * @property {number} [tolerance] @property {RegExp} [except]
 * @property {any} [config] @property {string} [type]
 */

import { documents } from './coverage_documents.mjs';
import { forms } from './coverage_forms.mjs';
import { states } from './coverage_state.mjs';
import { styles } from './coverage_styles.mjs';
import { trees } from './coverage_trees.mjs';
import { wholes } from './coverage_whole.mjs';

/** @type {CoveragePage[]} */
export const pages = [...documents, ...forms, ...styles, ...trees, ...states, ...wholes];
