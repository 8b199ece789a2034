import { writeFileSync } from 'node:fs';
import { generatedFiles } from './chart-files.ts';

// npm run helm:gen
for (const [path, text] of Object.entries(generatedFiles())) writeFileSync(path, text);
