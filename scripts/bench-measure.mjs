// What the benchmark measures with: processor time of threads from /proc, main-thread time and longest
// tasks from the browser, and the arithmetic of noisy numbers.
import { readFileSync, readdirSync } from 'node:fs';

/** The processes below one. @param {number} pid @returns {number[]} */
function below(pid) {
	/** @type {number[]} */
	const found = [];
	const open = [pid];
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		found.push(at);
		try {
			for (const task of readdirSync(`/proc/${at}/task`)) open.push(...readFileSync(`/proc/${at}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
		} catch {} /* gone meanwhile */
	}
	return found;
}

/** Milliseconds on a processor of all threads below the browser whose name fits. @param {number} pid @param {RegExp} name */
export function threadTime(pid, name) {
	let ns = 0;
	for (const process of below(pid)) {
		let tasks = /** @type {string[]} */ ([]);
		try {
			tasks = readdirSync(`/proc/${process}/task`);
		} catch {}
		for (const task of tasks) {
			try {
				if (name.test(readFileSync(`/proc/${process}/task/${task}/comm`, 'utf8'))) ns += Number(readFileSync(`/proc/${process}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
			} catch {}
		}
	}
	return ns / 1e6;
}

/** Main-thread time of a page on a processor, in ms: other programs do not count. @param {import('puppeteer-core').Page} page */
export async function mainThread(page) {
	const cdp = await page.createCDPSession();
	await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
	return async () => ((await cdp.send('Performance.getMetrics')).metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? 0) * 1000;
}

/**
 * Runs f; the longest tasks of the page's main thread meanwhile, in ms on a processor.
 * @param {import('puppeteer-core').Page} page @param {() => Promise<void>} f
 */
export async function longestTask(page, f) {
	const cdp = await page.browser().target().createCDPSession();
	/** @type {any[]} */
	const events = [];
	cdp.on('Tracing.dataCollected', ({ value }) => void events.push(...value));
	const pid = await page.evaluate(() => `rv-${Math.random()}`);
	await cdp.send('Tracing.start', { traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline', 'blink.user_timing', '__metadata'] }, transferMode: 'ReportEvents' });
	await page.evaluate((name) => void performance.mark(name), pid);
	await f();
	const done = new Promise((next) => cdp.once('Tracing.tracingComplete', next));
	await cdp.send('Tracing.end');
	await done;
	await cdp.detach();
	const mark = events.find((event) => event.name === pid);
	return Math.max(0, ...events.filter((event) => event.name === 'RunTask' && event.ph === 'X' && event.pid === mark?.pid && event.tid === mark.tid && event.ts > mark.ts).map((event) => (event.tdur ?? event.dur ?? 0) / 1000));
}

export const median = (/** @type {number[]} */ values) => {
	const sorted = values.toSorted((a, b) => a - b);
	const at = sorted.length >> 1;
	return sorted.length % 2 ? sorted[at] : (sorted[at - 1] + sorted[at]) / 2;
};

/** Median and its noise: the median distance from it, as a standard deviation; nothing is known of one value's. @param {number[]} values */
export function stat(values) {
	const mid = median(values);
	if (values.length < 2) return { mid, noise: Infinity };
	return { mid, noise: 1.4826 * median(values.map((value) => Math.abs(value - mid))) / Math.sqrt(Math.max(1, values.length / 2)) };
}

/** What one adds to the other, and how far off that may be. @param {number[]} with_ @param {number[]} without */
export function added(with_, without) {
	const [a, b] = [stat(with_), stat(without)];
	return { ms: a.mid - b.mid, noise: Math.max(0.5, Math.hypot(a.noise, b.noise)) };
}
