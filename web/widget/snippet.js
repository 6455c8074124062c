/* What a customer pastes. Both forms come from here, for the console and the tests. */
import {METHODS} from './api/api.js';

const PROMISES = ['init', 'saveReport', 'exportReplay', 'takeScreenshot'];

/** @param {string} text */
const attribute = text => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
/** A string literal that cannot end a script element. @param {string} text */
const literal = text => JSON.stringify(text).replace(/</g, '\\u003c').replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');

/**
 * The queue stub: calls made before the script is there are kept and made again in order.
 * @param {string} base  the collector's origin
 * @param {string} ws  workspace id
 * @param {string} key  project key
 * @returns {string} the text of a script element
 */
export const snippet = (base, ws, key) => `(function(w,d,u,s){var r=w.Rearview=w.Rearview||{q:[]};if(!r.q)return;
"${METHODS.join(' ')}".split(" ").forEach(function(m){r[m]=r[m]||function(){var a=arguments;if(!/^(${PROMISES.join('|')})$/.test(m)){r.q.push([m,a]);return}return new Promise(function(y,n){r.q.push([m,a,y,n])})}});
s=d.createElement("script");s.async=true;s.src=u;d.head.appendChild(s)})(window,document,${literal(`${base}/${ws}/rearview.js`)});
Rearview.init({projectKey:${literal(key)}});`;

/**
 * One tag and no inline script, for pages with a strict Content-Security-Policy.
 * @param {string} base
 * @param {string} ws
 * @param {string} key
 * @param {string} [worker]  address of rearview.worker.js on the page's own origin
 */
export const snippetCsp = (base, ws, key, worker) =>
	`<script async src="${attribute(`${base}/${ws}/rearview.js`)}" data-project="${attribute(key)}"${worker ? ` data-worker-url="${attribute(worker)}"` : ''}></script>`;
