//! Metrics by the values of their dimensions.

use tenfold_core::facts::InstanceState;

use crate::catalogue::{CATALOGUE, Definition, Metric};

/// A metric with its further dimension's value: what CloudWatch stores and bills as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// Which metric.
    pub metric: Metric,
    /// The value of its further dimension, where it has one.
    pub part: Option<&'static str>,
}

impl Series {
    /// The series of a metric without a further dimension.
    pub(crate) fn whole(metric: Metric) -> Series {
        Series { metric, part: None }
    }

    /// The series of a state.
    pub(crate) fn state(metric: Metric, state: InstanceState) -> Series {
        let part = Some(state.name());
        Series { metric, part }
    }

    /// For people: `Instances` or `Instances (State ready)`.
    pub fn title(self) -> String {
        let definition = self.metric.definition();
        match (definition.split.dimension(), self.part) {
            (Some(dimension), Some(part)) => format!("{} ({dimension} {part})", definition.name),
            _ => definition.name.to_owned(),
        }
    }
}

/// All series that a fleet can ever publish.
pub fn series() -> Vec<Series> {
    let of = |definition: &Definition| {
        let metric = definition.metric;
        let parts = definition.split.parts().into_iter();
        parts.map(move |part| Series { metric, part })
    };
    CATALOGUE.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn series_are_few_and_known_beforehand() {
        let all = series();
        let different: BTreeSet<Series> = all.iter().copied().collect();
        assert_eq!((all.len(), different.len()), (29, 29));
    }
}
