/* The worker's entry. On the ladder's last rung it runs in the page, and its script element carries the port. */
import {startWorker} from './worker_main.js';

startWorker(/** @type {any} */ (globalThis).document?.currentScript?.rearviewPort ?? globalThis);
