/* The worker's entry: a worker's global scope, or the port that the page's script element brings. */
import {startWorker} from './worker_main.js';

startWorker(/** @type {any} */ (typeof document === 'object' ? document.currentScript : {rearviewPort: globalThis}).rearviewPort);
