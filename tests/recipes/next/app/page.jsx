'use client';
import { useState } from 'react';
import { useRearview } from 'rearview/react';

export default function Page() {
	const rearview = useRearview();
	const [result, setResult] = useState('');
	const report = async () => setResult(`#${(await rearview.saveReport({ title: 'From the recipe' }, { screenshot: true })).number}`);
	return <><h1>Recipe</h1><button id="report" onClick={report}>Report</button><output id="result">{result}</output></>;
}
