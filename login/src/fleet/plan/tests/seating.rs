//! Where new users sit.

use super::super::*;
use super::given::*;

fn server(number: u128, users: usize) -> Seating {
    Seating {
        instance: id(number),
        seats: 10,
        users,
    }
}

#[test]
fn the_fullest_that_has_a_seat() {
    assert_eq!(choose_seat([server(1, 3), server(2, 9), server(3, 10)]), Some(id(2)));
}

#[test]
fn of_equally_full_ones_the_oldest() {
    assert_eq!(choose_seat([server(3, 4), server(2, 4), server(4, 4)]), Some(id(2)));
}

#[test]
fn no_seat_where_all_are_taken() {
    assert_eq!(choose_seat([]), None);
    assert_eq!(choose_seat([server(1, 10), server(2, 11)]), None);
}

#[test]
fn where_sizes_differ_the_one_that_is_soonest_full() {
    let large = Seating {
        instance: id(1),
        seats: 20,
        users: 15,
    };
    assert_eq!(choose_seat([large, server(2, 7)]), Some(id(2)));
    assert_eq!(choose_seat([server(2, 5), large]), Some(id(1)));
    let small = Seating {
        instance: id(3),
        seats: 1,
        users: 0,
    };
    assert_eq!(
        choose_seat([small, large]),
        Some(id(1)),
        "an empty server is left to end"
    );
}
