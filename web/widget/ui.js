/* rearview.ui.js: the feedback panel and the button that opens it. */
import {h, render} from 'preact';
import {CSS} from './ui/css.js';
import {createDrafts} from './ui/draft.js';
import {createHost} from './ui/host.js';
import {WORDS} from './ui/labels.js';
import {createPanel} from './ui/panel.js';
import {style} from './ui/tokens.js';
import {Launcher} from './ui/view.jsx';

/** @param {import('./report.js').PartCtx} ctx */
export function createUi(ctx) {
	const {hub, options, config, emit, words} = ctx;
	const {document} = hub.win;
	const theme = config?.theme ?? {};
	const feedback = config?.modules?.feedback ?? {};
	words.add(WORDS);
	const drafts = createDrafts(hub);
	const side = `${`${theme.position}`.includes('left') ? 'at-left' : ''} ${`${theme.position}`.includes('top') ? 'at-top' : ''}`;
	/** @type {import('./ui/host.js').Host | null} */
	let host = null;
	/** @type {ReturnType<typeof createPanel> | null} */
	let panel = null;
	/** @type {HTMLElement | null} */
	let launcher = null;
	let isShown = false;

	const ensure = () => {
		if (host) return host;
		host = createHost(hub, {nonce: options.nonce, theme});
		style(hub.win, host.root, CSS, options.nonce);
		if (typeof theme.custom_css === 'string' && theme.custom_css) style(hub.win, host.root, theme.custom_css, options.nonce);
		return host;
	};

	const drawLauncher = () => {
		if (!host || !launcher) return;
		render(isShown && !panel ? h(/** @type {any} */ (Launcher), {label: feedback.label || words.t('ui.open'), side, onClick: () => void open()}) : null, launcher);
	};

	/** @param {import('./api/api.js').OpenOptions} [given] */
	const open = async ({module = 'feedback', prefill} = {}) => {
		if (module !== 'feedback') throw new Error(`There is no module "${module}".`);
		if (panel) return panel.open(prefill);
		const {root, raise} = ensure();
		raise();
		panel = createPanel({
			ctx, drafts, root, side,
			closed() {
				panel = null;
				drawLauncher();
				emit('close', {module});
			},
		});
		const opened = panel.open(prefill);
		drawLauncher();
		emit('open', {module});
		await opened;
	};

	return {
		open,
		close: () => panel?.close(),
		show() {
			isShown = true;
			const {root} = ensure();
			if (!launcher) {
				launcher = document.createElement('div');
				launcher.lang = words.locale;
				launcher.dir = words.dir;
				root.append(launcher);
			}
			drawLauncher();
		},
		hide() {
			isShown = false;
			drawLauncher();
		},
		destroy() {
			panel?.close();
			isShown = false;
			drawLauncher();
			host?.destroy();
			host = launcher = null;
		},
	};
}
