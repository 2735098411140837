import { readFileSync } from 'node:fs'
import { splitByRecording } from '@aed/datasets'
import { trainDenseHead, denseScores } from '@aed/model-miniresnetv2'
const stacks=process.argv[2], settings=JSON.parse(process.argv[3]), seeds=JSON.parse(process.argv[4]??'[0]')
const rows=JSON.parse(readFileSync('/tmp/aed-rows.json')); 
const buf=(f)=>{const b=readFileSync(f);return b.buffer.slice(b.byteOffset,b.byteOffset+b.length)}
const clip=new Int32Array(buf('/tmp/aed-clip.i32')), emb=new Float32Array(buf(`/tmp/aed-emb${stacks}.f32`))
const n=clip.length, F=emb.length/n
const label=(i)=>rows[i].label, clips=rows.map((r,i)=>({id:String(i),label:String(r.label),source:String(r.src),fold:r.fold}))
const labels=Int32Array.from(clip,c=>label(c))
const fq=(a,bits=127)=>{let m=0;for(const v of a)m=Math.max(m,Math.abs(v));const s=m/bits;return Float32Array.from(a,v=>Math.round(v/s)*s)}
let qmax=0;for(const v of emb)qmax=Math.max(qmax,v);const es=qmax/255
for (const {refit,...opt} of settings){ let out=[],outq=[],ep=[],t0=performance.now(),val=[]
 for (const seed of seeds) { let acc=0,accq=0
  for(let fold=1;fold<=5;fold++){
   const tr=clips.map((c,i)=>i).filter(i=>clips[i].fold!==fold), te=new Set(clips.map((c,i)=>i).filter(i=>clips[i].fold===fold))
   const sp=splitByRecording(tr.map(i=>clips[i]),{fraction:.15,seed})
   const S=new Set(sp.train.map(i=>tr[i])),V=new Set(sp.validation.map(i=>tr[i]))
   const pick=(s)=>Int32Array.from([...clip.keys()].filter(p=>s.has(clip[p])))
   const r=trainDenseHead({embeddings:{dtype:'float32',shape:[n,F],data:emb},labels,train:pick(S),validation:pick(V)},{...opt,seed})
   if(refit) r.head=trainDenseHead({embeddings:{dtype:'float32',shape:[n,F],data:emb},labels,train:pick(new Set(tr)),validation:new Int32Array()},{...opt,seed,epochs:r.bestEpoch}).head
   ep.push(r.bestEpoch); val.push(r.history[r.bestEpoch-1].valAccuracy)
   const T=pick(te); const sub=new Float32Array(T.length*F); T.forEach((p,i)=>sub.set(emb.subarray(p*F,p*F+F),i*F))
   const score=(head,x)=>{const s=denseScores(head,{dtype:'float32',shape:[T.length,F],data:x}).data;let ok=0;const sum=new Map();T.forEach((p,i)=>{const a=sum.get(clip[p])??new Float64Array(10);for(let k=0;k<10;k++)a[k]+=s[i*10+k];sum.set(clip[p],a)});for(const[c,a]of sum)if([...a].indexOf(Math.max(...a))===label(c))ok++;return ok/te.size}
   acc+=score(r.head,sub)/5; accq+=score({...r.head,weights:fq(r.head.weights)},sub.map(v=>Math.round(v/es)*es))/5
  } out.push(acc);outq.push(accq)}
 const m=a=>(100*a.reduce((x,y)=>x+y)/a.length).toFixed(2)
 console.log(stacks,JSON.stringify({refit,...opt}),'float',m(out),'q',m(outq),'val',m(val),'epochs',ep.slice(0,5).join(),((performance.now()-t0)/1000/seeds.length).toFixed(1)+'s')
}
