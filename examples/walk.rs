use pencere::signature::xml::walk::*;
use pencere::xml::*;
use pencere::forms::algorithm::DigestAlgorithm;
use pencere::host::Octets;
fn main(){
  for f in std::env::args().skip(1) {
    let file=std::fs::File::open(&f).unwrap(); let len=file.metadata().unwrap().len();
    let o=Octets::File(std::sync::Arc::new(file),len);
    let w=[Want{target:Target::Document,exclude:Exclude::RootSignatures,method:Method::Exclusive{comments:false,inclusive:vec![]},algorithm:DigestAlgorithm::Sha256}];
    for (n,w) in [("read",&w[..0]),("c14n",&w[..])] {
    let t=std::time::Instant::now();
    match walk(&o,&Limits::default(),w) {
      Ok(r)=>{ use base64::Engine; println!("{n} {f} {:.0} MB/s sigs {} {:?}", len as f64/1e6/t.elapsed().as_secs_f64(), r.signatures.len(), r.digests.get(0).and_then(|d|d.digest.clone()).map(|d|base64::engine::general_purpose::STANDARD.encode(d))); }
      Err(e)=>println!("{e:?}"),
    } }
  }
}
