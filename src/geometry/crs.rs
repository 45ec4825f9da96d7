//! Which coordinate systems are taken, in which order of axes, and why others are not.
//!
//! Geodetic and cadastral work of the country is done in WGS 84 and its UTM projection (presidential order of
//! 18 July 2025): EPSG:4326, and zones 38 and 39 north. What is of another datum would have to be transformed
//! with parameters that only its surveyor knows, so the window never does that.

use super::number;
use std::fmt;

/// A coordinate system that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Crs {
    /// EPSG:4326, degrees.
    Wgs84,
    /// EPSG:32638, metres, 42 to 48 degrees east.
    Utm38,
    /// EPSG:32639, metres, 48 to 54 degrees east.
    Utm39,
}

/// In which order the two numbers of a point stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axes {
    /// Longitude then latitude, or easting then northing.
    EastNorth,
    /// Latitude then longitude, as the authority of EPSG:4326 orders them.
    NorthEast,
}

/// Why a coordinate system is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrsFault {
    /// Pulkovo 1942 or one of its Gauss–Krüger zones: another datum.
    Pulkovo(u32),
    /// Web Mercator: a system for map pictures.
    WebMercator(u32),
    /// WGS 84 with heights.
    ThreeDimensional(u32),
    /// A UTM zone that the country does not lie in, or of the southern half.
    OtherZone(u32),
    /// Any other code.
    Other(u32),
    /// A name that leaves the order of latitude and longitude open.
    Ambiguous(String),
    /// A name that is not understood.
    Unknown(String),
    /// Nothing says which it is.
    Missing,
    /// Inside a geometry another system than outside.
    Contradicts(String),
}

impl Crs {
    /// The system of an EPSG code.
    ///
    /// # Errors
    /// Any but 4326, 32638 and 32639.
    pub fn from_epsg(code: u32) -> Result<Self, CrsFault> {
        match code {
            4326 => Ok(Self::Wgs84),
            32638 => Ok(Self::Utm38),
            32639 => Ok(Self::Utm39),
            4284 | 28400..=28499 | 2491..=2637 | 20000..=20099 | 20800..=20899 => Err(CrsFault::Pulkovo(code)),
            3857 | 3785 | 900_913 | 102_100 | 102_113 => Err(CrsFault::WebMercator(code)),
            4979 | 4978 | 9707 => Err(CrsFault::ThreeDimensional(code)),
            32601..=32660 | 32701..=32760 => Err(CrsFault::OtherZone(code)),
            _ => Err(CrsFault::Other(code)),
        }
    }

    /// The system and order of axes that a `srsName` demands: with a URN or an http URI of EPSG:4326 the
    /// authority's order, latitude first (OGC 09-048r3); of CRS84 longitude first; of UTM always easting first.
    ///
    /// # Errors
    /// Another system, a name that is not understood, and `EPSG:4326` and its older URI, which some programs
    /// read latitude first and others longitude first.
    pub fn from_srs_name(name: &str) -> Result<(Self, Axes), CrsFault> {
        let name = name.trim();
        let told = || name.chars().take(80).collect::<String>();
        if CRS84.contains(&name) {
            return Ok((Self::Wgs84, Axes::EastNorth));
        }
        // the version between authority and code may be left out: `EPSG::4326`, `EPSG:9.8:4326`, `EPSG/0/4326`
        let strict =
            ["urn:ogc:def:crs:EPSG:", "http://www.opengis.net/def/crs/EPSG/", "https://www.opengis.net/def/crs/EPSG/"]
                .iter()
                .find_map(|start| name.strip_prefix(start))
                .and_then(|rest| rest.split_once([':', '/']))
                .filter(|(version, _)| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
                .map(|(_, code)| code);
        let loose = ["EPSG:", "epsg:", "http://www.opengis.net/gml/srs/epsg.xml#", "urn:x-ogc:def:crs:EPSG:"]
            .iter()
            .find_map(|start| name.strip_prefix(start));
        let code = strict.or(loose).ok_or_else(|| CrsFault::Unknown(told()))?;
        let is_code = !code.is_empty() && code.len() < 10 && code.bytes().all(|b| b.is_ascii_digit());
        let code = code.parse().ok().filter(|_| is_code).ok_or_else(|| CrsFault::Unknown(told()))?;
        match Self::from_epsg(code)? {
            Self::Wgs84 if strict.is_none() => Err(CrsFault::Ambiguous(told())),
            Self::Wgs84 => Ok((Self::Wgs84, Axes::NorthEast)),
            utm => Ok((utm, Axes::EastNorth)),
        }
    }

    /// The code under which the world knows it.
    pub fn epsg(self) -> u32 {
        match self {
            Self::Wgs84 => 4326,
            Self::Utm38 => 32638,
            Self::Utm39 => 32639,
        }
    }

    /// Decimal places of a tick: a micrometre, and as much of a degree as is about that.
    pub(super) fn places(self) -> u32 {
        match self {
            Self::Wgs84 => 11,
            Self::Utm38 | Self::Utm39 => 6,
        }
    }

    /// A coordinate as people write it.
    pub(super) fn shown(self, ticks: i64) -> String {
        number::shown(ticks, self.places())
    }
}

/// The names of WGS 84 with longitude first.
const CRS84: [&str; 4] = [
    "urn:ogc:def:crs:OGC:1.3:CRS84",
    "urn:ogc:def:crs:OGC::CRS84",
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "http://www.opengis.net/def/crs/OGC/0/CRS84",
];

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EPSG:{}", self.epsg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_system_and_the_order_of_its_axes() {
        for (name, crs, axes) in [
            ("urn:ogc:def:crs:EPSG::4326", Crs::Wgs84, Axes::NorthEast),
            ("urn:ogc:def:crs:EPSG:9.8:4326", Crs::Wgs84, Axes::NorthEast),
            ("http://www.opengis.net/def/crs/EPSG/0/4326", Crs::Wgs84, Axes::NorthEast),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Crs::Wgs84, Axes::EastNorth),
            ("urn:ogc:def:crs:EPSG::32639", Crs::Utm39, Axes::EastNorth),
            ("EPSG:32638", Crs::Utm38, Axes::EastNorth),
        ] {
            assert_eq!(Crs::from_srs_name(name), Ok((crs, axes)), "{name}");
        }
    }

    #[test]
    fn every_other_is_refused_with_its_own_reason() {
        for (name, fault) in [
            ("EPSG:4326", CrsFault::Ambiguous("EPSG:4326".into())),
            ("urn:ogc:def:crs:EPSG::4284", CrsFault::Pulkovo(4284)),
            ("urn:ogc:def:crs:EPSG::28408", CrsFault::Pulkovo(28408)),
            ("EPSG:28409", CrsFault::Pulkovo(28409)),
            ("EPSG:3857", CrsFault::WebMercator(3857)),
            ("urn:ogc:def:crs:EPSG::4979", CrsFault::ThreeDimensional(4979)),
            ("EPSG:32637", CrsFault::OtherZone(32637)),
            ("EPSG:4258", CrsFault::Other(4258)),
            ("WGS84", CrsFault::Unknown("WGS84".into())),
            ("EPSG:", CrsFault::Unknown("EPSG:".into())),
            ("EPSG:+4326", CrsFault::Unknown("EPSG:+4326".into())),
            ("urn:ogc:def:crs:EPSG::99999999999", CrsFault::Unknown("urn:ogc:def:crs:EPSG::99999999999".into())),
        ] {
            assert_eq!(Crs::from_srs_name(name), Err(fault), "{name}");
        }
    }
}
