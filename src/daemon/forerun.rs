//! Forerunning: what a long statement takes is done while it is looked at, beside the groups.
//!
//! Asks what stands, judges beside that, and lets BOEMİS write the rows of what holds ahead of their mark. All of it is
//! foresight: the group asks again what stands, and where that is another thing, or anything here did not come to its
//! end, the group does the whole. Decides nothing.

use super::judgement::Judge;
use crate::boemis::{Ahead, Fault, Reader};
use crate::schema::{Inspected, Standing};
use tokio::runtime::Builder;

/// Does what can be done ahead; a document is no worse off when nothing can.
pub(super) fn forerun(judge: &Judge, ahead: &Ahead, inspected: &mut Inspected) {
    // who looks may be the loop itself, whose thread waits for no other database
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("forerun".to_owned());
        let running = thread.spawn_scoped(scope, || run(judge, ahead, inspected));
        if let Ok(running) = running {
            let _ = running.join(); // a panic left it as it was, and was told
        }
    });
}

fn run(judge: &Judge, ahead: &Ahead, inspected: &mut Inspected) {
    let about = inspected.authorised().verified().about();
    let (id, content) = (about.id, inspected.authorised().verified().content());
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    let done = runtime.block_on(async {
        let Some(statement) = inspected.statement() else { return Ok(()) };
        let (settings, datasets) = (judge.settings(), &judge.world().datasets);
        let location = (&settings.location, &settings.boemis);
        let entered = ahead.enter().await?;
        let standing = match Reader::open(location.0, location.1, datasets).await {
            Ok(mut reader) => {
                let standing = reader.standing_beside(statement, id).await;
                reader.close().await.and(standing)
            }
            Err(Fault::Missing { .. }) => Ok(Standing::default()),
            Err(fault) => Err(fault),
        };
        drop(entered);
        let standing = match standing {
            Ok(standing) => standing,
            Err(fault) => {
                // it will be held, unless it is wrong whatever stands: that is asked beside nothing (`Judge::hold`)
                judge.foresee(inspected, Standing::unknown());
                return Err(fault);
            }
        };
        match judge.foresee(inspected, standing).then(|| inspected.statement()).flatten() {
            Some(statement) => ahead.write(location, datasets, (id, content), statement).await,
            None => Ok(()),
        }
    });
    if let Err(fault) = done {
        tracing::debug!(submission = %id, %fault, "its rows are not written ahead; its group writes them");
    }
}
