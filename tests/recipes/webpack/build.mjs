import { copyFileSync } from 'node:fs';
import webpack from 'webpack';

webpack({
	mode: 'production',
	context: import.meta.dirname,
	entry: './main.js',
	output: { path: `${import.meta.dirname}/dist`, clean: true },
	performance: { hints: false },
	plugins: [new webpack.EnvironmentPlugin(['KEY', 'ENDPOINT'])],
}, (error, stats) => {
	if (error || stats.hasErrors()) {
		console.error(error ?? stats.toString());
		process.exit(1);
	}
	copyFileSync(`${import.meta.dirname}/index.html`, `${import.meta.dirname}/dist/index.html`);
});
