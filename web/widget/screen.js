/* rearview.screen.js: records the screen for up to a minute and sends it with a report; where the browser
 * cannot film, the recording of the page of just that time. Fetched when it is first asked for. */
import {film, share, typeOf} from './screen/film.js';
import {createView} from './screen/view.js';
import {WORDS} from './screen/words.js';

/** @typedef {import('./report.js').Draft} Draft */
/** @typedef {import('./api/api.js').Saved} Saved */

const MAX_MS = 60_000;
const MIN_MS = 1000;
const TICK_MS = 200;
/** How long the last word stays. */
const WORD_MS = 6000;

/** @param {import('./report.js').PartCtx} ctx */
export function createScreen({hub, config, options, reports, words}) {
	const {win, native} = hub;
	words.add(WORDS);
	/** The one under way. @type {{stop: () => void, abort: (why: string) => void, saved: Promise<Saved>} | null} */
	let current = null;
	/** @type {ReturnType<typeof createView> | null} */
	let shown = null;

	const close = () => {
		shown?.destroy();
		shown = null;
	};

	/** @param {any} message @param {Transferable[]} [transfer] @returns {Promise<{bytes: number, isOver: boolean}>} */
	const tell = (message, transfer) => reports.ask({t: 'recording', ...message}, transfer);

	/**
	 * @param {{draft?: Draft, audio?: boolean, max_ms?: number}} given  draft: support asked, and what it goes with
	 * @param {AbortSignal} aborted  its reason is an error
	 * @param {(stop: () => void) => void} running  told how to stop
	 * @returns {Promise<Saved>}
	 */
	const record = async ({draft, audio, max_ms}, aborted, running) => {
		close();
		const view = shown = createView({hub, nonce: options.nonce, theme: config?.theme, words});
		let isFilm = !!typeOf(win, false);
		const most = Math.max(MIN_MS, Math.min(MAX_MS, Number(config?.recording?.max_ms) || MAX_MS, Number(max_ms) || MAX_MS));
		const seconds = Math.round(most / 1000);
		/** @type {string[]} */
		const notes = [];
		/** Pieces for the preview. @type {Blob[]} */
		const pieces = [];
		/** @type {(() => Promise<void>) | null} */
		let end = null;
		let url = '';
		const id = [...win.crypto.getRandomValues(new win.Uint8Array(12))].map(byte => byte.toString(16).padStart(2, '0')).join('');
		/** @template T @param {(done: (value: T) => void, failed: (error: any) => void) => void} wait @returns {Promise<T>} */
		const until = wait => new Promise((done, failed) => {
			if (aborted.aborted) return failed(aborted.reason);
			native.listen(aborted, 'abort', () => failed(aborted.reason), {once: true});
			wait(done, failed);
		});

		try {
			/** @type {{stream: MediaStream, mime: string, isSilent: boolean} | null} */
			let shared = null;
			for (let blocked = false, voice = !!audio; ; blocked = isFilm) {
				/** @type {Promise<{stream: MediaStream, mime: string, isSilent: boolean}> | null} */
				let asking = null;
				await until((done, failed) => view.ask({support: !!draft, quote: draft?.description ?? '', isFilm, voice, canVoice: typeof win.navigator.mediaDevices?.getUserMedia === 'function', seconds, blocked}, chosen => {
					voice = chosen;
					/* In the click itself: some browsers let nothing else ask. */
					asking = isFilm ? share(win, voice) : null;
					done(undefined);
				}, () => failed(Error('RECORDING_DECLINED'))));
				view.clear();
				try {
					shared = await /** @type {any} */ (asking);
					if (shared?.isSilent) notes.push('recording_without_voice');
					break;
				} catch (error) {
					/* There is nothing to film: the page is left to be recorded. */
					if (/** @type {any} */ (error)?.name !== 'NotAllowedError') isFilm = false;
					else if (blocked) throw Error('RECORDING_DECLINED');
				}
			}
			if (aborted.aborted) {
				shared?.stream.getTracks().forEach(track => track.stop());
				throw aborted.reason;
			}
			if (!isFilm) notes.push('recording_dom');
			const from = native.date();
			let tail = Promise.resolve();
			if (shared) await tell({op: 'begin', recording: id, mime: shared.mime, draft: draft ? {...draft, notes, meta: reports.meta(), parts: {replay: true, console: true, network: true}} : null});

			/** @type {ReturnType<typeof setTimeout> | undefined} */
			let timer;
			await until((done, failed) => {
				const stop = () => done(undefined);
				running(stop);
				if (shared) {
					end = film(win, shared.stream, shared.mime, piece => {
						if (!draft) pieces.push(piece);
						tail = tail.then(async () => {
							const bytes = await piece.arrayBuffer();
							const {isOver} = await tell({op: 'piece', recording: id, bytes}, [bytes]);
							if (isOver) stop();
						}).catch(() => {
							notes.push('recording_piece_lost');
							stop();
						});
					}, stop);
				}
				const left = view.run(seconds, stop, () => failed(Error('RECORDING_CANCELLED')));
				let told = seconds;
				const tick = () => {
					const now = Math.max(0, Math.ceil((from + most - native.date()) / 1000));
					if (now < told) left(told = now);
					if (now) timer = native.setTimeout(tick, TICK_MS);
					else stop();
				};
				tick();
			}).finally(() => native.clearTimeout(timer));
			view.clear();
			await /** @type {any} */ (end)?.();
			end = null;
			await tail;
			const to = native.date();

			if (!draft) {
				url = shared ? win.URL.createObjectURL(new Blob(pieces, {type: shared.mime.split(';')[0]})) : '';
				await until((done, failed) => view.check(url, Math.round((to - from) / 1000), () => done(undefined), () => failed(Error('RECORDING_CANCELLED'))));
			}
			for (;;) {
				view.tell('screen.sending', {});
				try {
					const saved = await reports.submit({...draft ?? {trigger: 'widget', title: 'Screen recording', item_type: 'bug'}, notes, ...shared ? {recording: id} : {from, to}});
					view.tell(saved.queued ? 'screen.queued' : 'screen.sent', {number: saved.number ?? ''}, () => shown === view && close());
					native.setTimeout(() => shown === view && close(), WORD_MS);
					return saved;
				} catch (error) {
					if (draft || aborted.aborted) throw error;
					await until((done, failed) => view.tell('screen.failed', {}, () => failed(error), () => done(undefined)));
				}
			}
		} catch (error) {
			await /** @type {any} */ (end)?.().catch(() => {});
			tell({op: 'drop', recording: id}).catch(() => {});
			if (shown === view) close();
			throw error;
		} finally {
			if (url) win.URL.revokeObjectURL(url);
		}
	};

	return {
		/** @param {{draft?: Draft, audio?: boolean, max_ms?: number}} [given] @returns {Promise<Saved>} */
		start(given = {}) {
			if (current) return Promise.reject(new Error('A recording is under way.'));
			const ended = new AbortController();
			let stop = () => ended.abort(Error('RECORDING_CANCELLED'));
			const saved = record(given, ended.signal, now => {
				stop = now;
			}).finally(() => {
				current = null;
			});
			current = {stop: () => stop(), abort: why => ended.abort(Error(why)), saved};
			return saved;
		},
		/** Ends the one under way as its button does, which sends or shows it. @returns {Promise<Saved | void>} */
		async stop() {
			current?.stop();
			return current?.saved;
		},
		destroy() {
			current?.abort('Rearview was destroyed.');
			close();
		},
	};
}
