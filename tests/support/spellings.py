"""Ways to write the heading of a problem `{0}`, and lines of answers that are none."""

WORDS = """
# Problem {0}
## Problem {0}
### Problem {0}:
# Problem {0}.
#### PROBLEM {0}
## problem {0}
# Question {0}
## Question {0}.
## Q{0}
### Q {0}
## Q.{0}
## Q{0}:
## Q{0})
## Task {0}
## Exercise {0}
### Ex. {0}
## Prob. {0}
## Section {0}
## Part {0}
## Item {0}
## Step {0}
## Subproblem {0}
## Problem #{0}
## Problem No. {0}
## Question no {0}
## Problem ({0})
## Problem-{0}
## Problem_{0}
## Problem {0} [5 points]
## Problem {0} (5 pts)
## Problem {0} - 5 points
## Problem {0} (1/1)
## [5 points] Problem {0}
## Problem {0} (5 marks):
# Solution {0}
## Solution to Problem {0}
## Solution of Problem {0}:
## Answer {0}
## Answer to Question {0}
## Answer for Problem {0}
## Ans. {0}
## Response to Question {0}
## My solution to Problem {0}
# Homework 4: Problem {0}
# Homework 4, Problem {0}
## HW4 - Q{0}
## HW 4 Problem {0}
## HW4 Problem {0}
## Assignment 4 – Question {0}
## Assignment 4 / Task {0}
## Problem Set 4, Problem {0}
## PSet 4: Problem {0}
## CS 155 Set 4, Problem {0}
## CS155 Homework 4: Problem {0}
## Set 4 Problem {0}
## Lab 4 - Exercise {0}
## Aufgabe {0}
## Aufgabe {0}:
## Lösung zu Aufgabe {0}
## Übung {0}
## Frage {0}
## Teilaufgabe {0}
## Blatt 4, Aufgabe {0}
## Ejercicio {0}
## Problema {0}
## Pregunta {0}
## Respuesta a la pregunta {0}
## Exercice {0}
## Problème {0}
## Question n° {0}
## Esercizio {0}
## Domanda {0}
## Vraag {0}
## Opgave {0}
## Uppgift {0}
## Oppgave {0}
## Zadanie {0}
## Задача {0}
## Задание {0}
## Вопрос № {0}
## 问题 {0}
## 问题{0}
## 題 {0}
## 题 {0}：
## 문제 {0}
**Problem {0}**
**Problem {0}:**
**Problem {0}**:
**Question {0}.**
**Q{0}**
**Q{0}.**
__Problem {0}__
**Task {0}**
**Answer to Problem {0}:**
- Problem {0}
- **Problem {0}**
* Question {0}:
- Q{0}
Problem {0}
Problem {0}:
Problem {0}.
Question {0}:
Question {0}
QUESTION {0}
Q{0}:
Q{0}.
Q{0})
Task {0}:
Exercise {0}
Solution {0}:
Answer {0}:
Answer to problem {0}:
Homework 4: Problem {0}
Aufgabe {0}
Problem {0} [5 points]:
Problem {0} (5 points)
\\section*{{Problem {0}}}
\\section{{Problem {0}}}
\\subsection*{{Question {0}}}
\\newpage\\section{{Problem {0}}}
\\textbf{{Problem {0}}}
{{\\bf Problem {0}}}
<h2>Problem {0}</h2>
<h3 style="color: navy">Question {0}</h3>
### <span style="color:blue">Problem {0}</span>
> ## Problem {0}
# *Problem {0}*
## Problem {0} ##
## ✅ Problem {0}
## — Problem {0} —
# {0}
# {0}.
## {0})
## ({0})
## {0}:
# #{0}
## No. {0}
**{0}**
**{0}.**
**({0})**
**{0})**
""".strip().split("\n")

FALSE = """
1. First we flatten the images.
2. Then we count the weights of each filter.
(a) is true because padding keeps the size.
a) is not what was asked.
Problem 2 was harder.
Problem 2, which is similar, has another input.
In part b we saw the same.
2 layers would be too many.
2 filters see the same pixels
see Problem 3.
Problem {next} is similar to this one.
Problem {next} was harder, since it asks for more.
Question {next} uses the same kernel.
Problem {last} is about another layer.
In Problem {next} we use this again.
{next} is larger.
See Question 4 for the shape.
As in Problem 1, the bias counts.
3 x 3 filters are smaller.
3.5 times as many as before.
4 and 5 are similar.
Part of the reason is the bias.
I think so.
A network would do.
1/2 of the units
2: the number of rows
2 + 3 = 5
1 = 1
5%
5
""".strip().split("\n")
