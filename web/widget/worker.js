/* The worker's entry. */
import {startWorker} from './worker_main.js';

startWorker(/** @type {any} */ (globalThis));
