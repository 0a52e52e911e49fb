using TorchSharp; // C# only: imports go at the top of the file
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchPort;

/// <summary>
/// The notebook gradient-descent.ipynb in C#, line for line: each Markdown cell is a comment, each code cell a method named after
/// the cell's execution count and heading.
/// </summary>
/// <param name="print">Called for each printed line.</param>
/// <param name="epochs">Overrides the notebook's <c>nb_epochs</c>.</param>
/// <param name="learningRate">Overrides the notebook's <c>lr</c>.</param>
internal sealed class Notebook(Action<FormattableString> print, int? epochs = null, double? learningRate = null)
{
    // C# only: the cells share these fields. In [2] and In [3] use local variables instead.
    internal Tensor x_train = null!, y_train = null!, b = null!, hypothesis = null!, cost = null!, gradient = null!;
    internal Parameter W = null!;
    internal double lr;

    // This is an English adaptation of the notebook "Deeper Look at Gradient Descent": the text is reworded, the code is
    // unchanged.
    //
    // Run the numbered cells in order: In [1], In [2], In [3]. Each of the others illustrates one idea. Run from top to
    // bottom, the notebook stops at the first cell, which uses names that In [1] defines.

    // # Deeper Look at Gradient Descent
    //
    // - The hypothesis function
    // - A look at the dummy data
    // - What the cost function measures
    // - Gradient descent: the theory
    // - Gradient descent: the code
    // - Gradient descent: the code with torch.optim

    // ## Hypothesis (Linear Regression)
    //
    // - H(x) = Wx + b
    internal void HypothesisLinearRegression()
    {
        W = nn.Parameter(torch.zeros(1, requires_grad: true));
        b = torch.zeros(1, requires_grad: true);
        hypothesis = x_train * W + b;
    }

    // ## Simpler Hypothesis Function
    //
    // - H(x) = Wx
    //     - No bias!
    internal void SimplerHypothesisFunction()
    {
        W = nn.Parameter(torch.zeros(1, requires_grad: true));
        // b = torch.zeros(1, requires_grad: true);
        hypothesis = x_train * W;
    }

    // ## Dummy Data
    //
    // - Data whose output equals its input
    // - 1 -> prediction: 1
    internal void In1_DummyData()
    {
        // import torch
        // from torch import optim
        x_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        y_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
    }

    // ## What is the best model?
    //
    // - H(x) = x is the exact model
    // - W = 1 is the best value
    //     - With W = 1 the prediction is exact for every point of the data set
    //
    // - What is the goal of training if W starts from another value?
    //     - To make W converge to 1
    //     - The closer W is to 1, the more accurate the model
    //
    // - How do we tell **how good a model is**?
    //     - With a cost function

    // ## Cost function: Intuition
    //
    // - A number that measures how far the model's predictions are from the real data
    //     - The better the model is trained, the lower its cost
    //
    // - At W = 1, cost = 0
    // - The farther W is from 1, the more the predictions differ from the data
    //     - The cost grows

    // ## Cost function: MSE
    //
    // - Mean Squared Error (MSE)
    //     - A cost function used in linear regression
    internal void CostFunctionMSE()
    {
        cost = torch.mean((hypothesis - y_train).pow(2));
    }

    // ## Gradient Descent: Intuition
    //
    // - What do we want?
    //     - To minimize the cost function
    //
    // - How do we minimize it?
    //     - Walk down the curve
    //     - If the slope is negative: increase W ↑
    //     - If the slope is positive: decrease W ↓
    //     - If the slope is steep: the cost is high ↑
    //         - So change W a lot (take a big step)!
    //     - If the slope is flat: the cost is close to 0
    //         - So change W only a little
    //     - So let us compute the gradient
    //
    // - Slope = 'gradient'

    // ## Gradient Descent: Code
    internal void GradientDescentCode()
    {
        gradient = 2 * torch.mean((W * x_train - y_train) * x_train);
        lr = 0.1;
        W.sub_(lr * gradient);
    }

    // ## Full Code
    //
    // - Epoch: one pass of training over the data
    // - As training goes on:
    //     - W converges to 1
    //     - The cost falls
    internal void In2_FullCode()
    {
        // the data
        var x_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        var y_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        // initialize the model
        var W = torch.zeros(1);
        // set the learning rate
        var lr = learningRate ?? 0.1; // C# only: --lr

        var nb_epochs = epochs ?? 10; // C# only: --epochs
        foreach (var epoch in Enumerable.Range(0, nb_epochs + 1))
        {
            using var scope = torch.NewDisposeScope(); // C# only: frees the epoch's tensors

            // compute H(x)
            var hypothesis = x_train * W;

            // compute the cost and the gradient
            var cost = torch.mean((hypothesis - y_train).pow(2));
            var gradient = torch.sum((W * x_train - y_train) * x_train);

            print(
                $"Epoch {epoch,4}/{nb_epochs} W: {W.ToSingle():F3}, Cost: {cost.ToSingle():F6}"
            );

            // improve H(x) with the gradient of the cost
            W.sub_(lr * gradient);
        }
    }

    // ## Gradient Descent with torch.optim
    //
    // - torch.optim can do gradient descent, too
    //     - With these three lines the optimizer stores the gradient for W,
    //     then updates W by that gradient
    //         - First of all, define the optimizer
    //         (with the variables to train and the learning rate)
    //         - optimizer.zero_grad() resets the gradients to 0
    //             - For every trainable variable in the optimizer
    //         - cost.backward() computes the gradients
    //             - It differentiates the cost function and fills in the gradient of each variable
    //         - optimizer.step() takes a gradient descent step
    //             - Using the stored gradients
    internal void GradientDescentWithTorchOptim()
    {
        // set the optimizer
        using var optimizer = optim.SGD([W], learningRate: 0.15);

        // improve H(x) with the cost
        optimizer.zero_grad();
        cost.backward();
        optimizer.step();
    }

    // ## Full Code with torch.optim
    //
    // - As training goes on:
    //     - W converges to 1
    //     - The cost falls
    internal void In3_FullCodeWithTorchOptim()
    {
        // the data
        var x_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        var y_train = torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } });
        // initialize the model
        var W = nn.Parameter(torch.zeros(1, requires_grad: true));
        // set the optimizer
        using var optimizer = optim.SGD([W], learningRate: learningRate ?? 0.15); // C# only: --lr

        var nb_epochs = epochs ?? 10; // C# only: --epochs
        foreach (var epoch in Enumerable.Range(0, nb_epochs + 1))
        {
            using var scope = torch.NewDisposeScope(); // C# only: frees the epoch's tensors

            // compute H(x)
            var hypothesis = x_train * W;

            // compute the cost
            var cost = torch.mean((hypothesis - y_train).pow(2));

            print(
                $"Epoch {epoch,4}/{nb_epochs} W: {W.ToSingle():F3}, Cost: {cost.ToSingle():F6}"
            );

            // improve H(x) with the cost
            optimizer.zero_grad();
            cost.backward();
            optimizer.step();
        }
    }
}
