// Makes docs/report.png, the README's picture, from the real demo: plays a visitor on the demo page, asks
// for the session through the Action API and photographs the report in the console.
// Arguments: the demo's data directory (the demo is running).
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launch } from '../tests/browser/harness.mjs';

const root = resolve(import.meta.dirname, '..');
const demo = JSON.parse(readFileSync(join(process.argv[2], 'demo.json'), 'utf8'));
const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));
const browser = await launch('chromium');
try {
	const page = await browser.newPage();
	await page.setViewport({ width: 1180, height: 820 });
	await page.goto(demo.demo_url);
	await page.waitForSelector('.item');
	for (const item of [1, 4, 6]) {
		await page.click(`.item:nth-child(${item}) button`);
		await pause(900);
	}
	await page.click('[data-trouble=missing]');
	await pause(1200);
	await page.goto(new URL('checkout.html', demo.demo_url).href);
	await page.waitForSelector('#note');
	await page.type('#name', 'Robin Meyer', { delay: 60 });
	await page.type('#street', 'Lindenweg 4', { delay: 60 });
	await page.type('#card', '4111 1111 1111 1111', { delay: 40 });
	await page.type('#note', 'Please ring twice', { delay: 40 });
	await page.click('form.panel button.main');
	await page.waitForSelector('.notice');
	await page.click('[data-trouble=error]');
	await pause(1500);
	const answer = await fetch(`${demo.base_url}/api/v1/action`, {
		method: 'POST',
		headers: { 'user-agent': 'rearview-picture', 'content-type': 'application/json', 'x-rearview-api-key': demo.api_key },
		body: JSON.stringify({ workspaceId: demo.workspace_id, userId: 'demo-user', action: 'upload-screenshot', userProvidedDescription: 'Cannot place the order' }),
	}).then((response) => response.json());
	let report = '';
	for (let i = 0; i < 100 && !report; i++) {
		const info = await fetch(answer.sessionInfoUrl).then((response) => response.json());
		report = info.reportUrl ?? '';
		if (!report) await pause(100);
	}
	if (!report) throw new Error(`There is no report: ${JSON.stringify(answer)}`);
	const desk = await browser.newPage();
	await desk.setViewport({ width: 1440, height: 900 });
	await desk.goto(new URL('/login', demo.base_url).href);
	await desk.waitForSelector('input[type=password]');
	await desk.type('input[autocomplete=username]', demo.console_user);
	await desk.type('input[type=password]', demo.console_password);
	await desk.keyboard.press('Enter');
	await desk.waitForSelector('a[href^="/r/"]');
	await desk.goto(report);
	await pause(3000);
	// forward, event by event, to the failed order
	for (let i = 0; i < 14; i++) {
		await desk.keyboard.press(']');
		await pause(200);
	}
	await pause(1200);
	await desk.screenshot({ path: join(root, 'docs/report.png') });
} finally {
	await browser.close();
}
