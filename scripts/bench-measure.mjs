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

/** Time on a processor of all threads below the browser whose name fits: what they took since, in ms. @param {number} pid @param {RegExp} name */
export function threadTime(pid, name) {
	/** @type {Map<string, number>} */
	const before = new Map();
	/** @param {(task: string, ns: number) => void} each */
	const read = (each) => {
		for (const process of below(pid)) {
			let tasks = /** @type {string[]} */ ([]);
			try {
				tasks = readdirSync(`/proc/${process}/task`);
			} catch {}
			for (const task of tasks) {
				try {
					if (name.test(readFileSync(`/proc/${process}/task/${task}/comm`, 'utf8'))) each(task, Number(readFileSync(`/proc/${process}/task/${task}/schedstat`, 'utf8').split(' ')[0]));
				} catch {}
			}
		}
	};
	read((task, ns) => before.set(task, ns));
	return () => {
		let sum = 0;
		read((task, ns) => { sum += ns - (before.get(task) ?? 0); });
		return sum / 1e6;
	};
}

/** Main-thread time of a page on a processor since, in ms: other programs do not count. @param {import('puppeteer-core').Page} page */
export async function mainThread(page) {
	const cdp = await page.createCDPSession();
	await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
	const read = async () => ((await cdp.send('Performance.getMetrics')).metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? 0) * 1000;
	const before = await read();
	return async () => (await read()) - before;
}

/**
 * Runs f; the tasks of the page's main thread meanwhile, the longest and all of them, in ms on a processor.
 * @param {import('puppeteer-core').Page} page @param {() => Promise<void>} f
 */
export async function tasks(page, f) {
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
	let [longest, total] = [0, 0];
	for (const { name, ph, pid, tid, ts, tdur, dur = 0 } of events) {
		if (name !== 'RunTask' || ph !== 'X' || pid !== mark?.pid || tid !== mark.tid || ts < mark.ts) continue;
		longest = Math.max(longest, (tdur ?? dur) / 1000);
		total += (tdur ?? dur) / 1000;
	}
	return { longest, total };
}

export const median = (/** @type {number[]} */ values) => {
	const sorted = values.toSorted((a, b) => a - b);
	const at = sorted.length >> 1;
	return sorted.length % 2 ? sorted[at] : (sorted[at - 1] + sorted[at]) / 2;
};

/**
 * What one adds to the other: the mean of the rounds' differences, of five rounds or more without the least
 * and the greatest, and its standard error.
 * @param {number[]} with_ @param {number[]} without  round by round
 */
export function added(with_, without) {
	const all = with_.map((value, i) => value - without[i]).toSorted((a, b) => a - b);
	const kept = all.length >= 5 ? all.slice(1, -1) : all;
	const ms = kept.reduce((sum, value) => sum + value, 0) / kept.length;
	/* The ends that were left out count as their neighbours. */
	const held = all.length >= 5 ? [kept[0], ...kept, kept[kept.length - 1]] : kept;
	const spread = Math.sqrt(held.reduce((sum, value) => sum + (value - ms) ** 2, 0) / (held.length - 1));
	return { ms, noise: all.length < 2 ? Infinity : Math.max(0.5, spread / Math.sqrt(kept.length)) };
}
